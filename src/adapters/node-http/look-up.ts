import { clearTimeout, setImmediate, setTimeout } from '../../core/clock.js';
import { RequestBodyTimeoutError } from '../../core/errors.js';
import type { InteractionRequest } from '../../core/interaction.js';
import type { RequestHead } from '../../core/recording.js';
import type { Turn } from '../../core/turns.js';
import { wrapMethod } from '../../core/wrap-method.js';
import { readResponse } from '../../http/response.js';
import { isWebSocket } from '../../http/websocket-protocol.js';
import { Exchange } from './exchange.js';
import { type Call, forward, sentRequest } from './forward.js';
import { holdRequest } from './held.js';
import { HeldTimeout } from './held-timeout.js';
import { ReplayedSource } from './replayed.js';
import { replayWebSocket } from './replayed-websocket.js';
import { tapBody } from './request-body.js';
import { expectsContinue, upgradeOf } from './request-head.js';
import { dispatchUpgrade } from './upgrade.js';

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');
const CONTINUE_INFORMATION = {
  statusCode: 100,
  statusMessage: 'Continue',
  httpVersion: '1.1',
  httpVersionMajor: 1,
  httpVersionMinor: 1,
};

/**
 * In `replay` and `auto`: the request is looked up first, which takes its whole body. In `replay` it has its connection
 * from the start; in `auto` it has none as long as it may still go to the program's agent.
 */
export class LookUp {
  readonly #call: Call;
  readonly #head: RequestHead;
  readonly #exchange: Exchange;
  readonly #mustQueue: boolean;
  readonly #turn: Turn;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unhold: () => void = () => {};
  #heldTimeout: HeldTimeout | undefined;
  #isOver = false;
  /** Is its body known, and its turn still to come? It keeps that also where it is given up. */
  #isQueued = false;
  #continued = false;

  constructor(call: Call, head: RequestHead) {
    const { broker } = call.route;
    this.#call = call;
    this.#head = head;
    this.#exchange = new Exchange(call.request);
    this.#mustQueue = broker.mustQueue(head);
    this.#turn = broker.takeTurn(head);
  }

  begin(): void {
    const { route, request } = this.#call;
    if (request.destroyed) {
      // By a signal that was aborted before: it fails when it gets its connection.
      this.#end();
      void this.#exchange.socket;
      return;
    }
    const isHeld = route.broker.mode === 'auto';
    if (isHeld) {
      this.#unhold = holdRequest(request);
      this.#heldTimeout = new HeldTimeout(request);
    } else {
      void this.#exchange.socket;
    }
    wrapMethod(request, 'destroy', (destroy) => (error) => {
      const result = destroy(error);
      if (!this.#isOver) {
        this.#end();
        // A request without a connection says nothing of its end before it gets one.
        void this.#exchange.socket;
      }
      return result;
    });
    tapBody(request, (bytes) => this.#isOver || this.#sent(bytes));
    this.#timer = setTimeout(() => this.#fail(this.#lateError()), route.bodyWait);
    setImmediate(() => this.#continueBody(isHeld));
  }

  /** A program that waits for leave to send its body gets it: only then can the request be looked up. */
  #continueBody(isHeld: boolean): void {
    const { request, options } = this.#call;
    if (this.#isOver || !expectsContinue(request, options)) {
      return;
    }
    this.#continued = true;
    if (isHeld) {
      // As it is now: the first event may end the body, and from there on an exchange with the upstream is heard.
      const emit = request.emit.bind(request);
      emit('continue');
      emit('information', { ...CONTINUE_INFORMATION, headers: {}, rawHeaders: [] });
    } else {
      const { socket } = this.#exchange;
      socket.whenConnected(() => socket.give(CONTINUE));
    }
  }

  /** Never throws: what goes wrong fails the request. */
  #sent(bytes: Uint8Array): void {
    const { broker } = this.#call.route;
    clearTimeout(this.#timer);
    try {
      const request = sentRequest(this.#call, bytes);
      if (upgradeOf(this.#call.request, this.#call.options) === 'other') {
        this.#end();
        this.#unhold();
        dispatchUpgrade(this.#call, request, this.#exchange);
      } else if (this.#mustQueue) {
        this.#isQueued = true;
        broker
          .inTurn(request, this.#turn)
          .then(() => this.#lookUp(request))
          .catch((error: unknown) => this.#fail(error))
          .finally(() => this.#turn.done());
      } else {
        this.#lookUp(request);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #lookUp(request: InteractionRequest): void {
    const { broker, group } = this.#call.route;
    if (this.#isOver) {
      broker.giveUp(request, this.#turn.order, group);
      return;
    }
    const hit = broker.lookup(request);
    this.#end();
    if (hit !== undefined && isWebSocket(hit.request) && readResponse(hit).head?.statusCode === 101) {
      replayWebSocket(this.#call, this.#exchange, hit);
      return;
    }
    if (hit !== undefined) {
      new ReplayedSource(this.#exchange, hit, broker.latency).start(this.#continued);
      return;
    }
    if (broker.mode === 'replay') {
      this.#exchange.fail(broker.notFound(request));
      return;
    }
    this.#unhold();
    const recording = broker.record(request, { order: this.#turn.order, group });
    recording.request = request;
    forward(this.#call, recording, { requestKnown: () => Promise.resolve(), continued: this.#continued });
  }

  #fail(error: unknown): void {
    this.#end();
    this.#exchange.fail(error);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#heldTimeout?.end();
    if (!this.#isQueued) {
      this.#turn.done();
    }
  }

  #lateError(): RequestBodyTimeoutError {
    const { bodyWait, broker } = this.#call.route;
    return new RequestBodyTimeoutError(this.#head.action, broker.text(this.#head.target), bodyWait);
  }
}
