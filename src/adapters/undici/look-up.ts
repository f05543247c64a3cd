import { clearTimeout, nextTick, setImmediate, setTimeout } from '../../core/clock.js';
import { RequestBodyTimeoutError } from '../../core/errors.js';
import type { InteractionRequest } from '../../core/interaction.js';
import type { Turn } from '../../core/turns.js';
import { readResponse } from '../../http/response.js';
import { isWebSocket } from '../../http/websocket-protocol.js';
import { Exchange } from './exchange.js';
import { isFormData } from './form-data.js';
import { type Call, copied, forward, handshakeOf, isAborted, lengthAhead, sentRequest } from './forward.js';
import { Interrupt } from './interrupt.js';
import { isFetchHandler } from './known-handlers.js';
import { pendingOf } from './pending.js';
import { isGivenUp, programOf } from './program.js';
import { isControllerHandler } from './protocol.js';
import { refusedHeader } from './refused-header.js';
import { ReplayedSource } from './replayed.js';
import { replayWebSocket } from './replayed-websocket.js';
import { isBlob, type ReadBody, readBody } from './request-body.js';

/** A request that is known whole. */
interface Known {
  readonly request: InteractionRequest;
  readonly order: number;
  /** Its body, for the dispatcher that sends it. */
  readonly again: unknown;
}

/** In `replay` and `auto`: the request is looked up first, which takes its whole body. */
export class LookUp {
  readonly #exchange: Exchange;
  #call: Call;
  /** Does the body lie there, so that nothing need be waited for? */
  #isAtHand = false;

  constructor(call: Call) {
    this.#call = call;
    this.#exchange = new Exchange(programOf(call.handler));
  }

  /** @param bytes The body, where it lies there already. */
  begin(bytes: Uint8Array | undefined): boolean {
    const refused = refusedHeader(this.#call.head.headers);
    if (refused !== undefined) {
      this.#exchange.fail(refused);
      return false;
    }
    try {
      this.#begin(bytes);
    } catch (error) {
      this.#exchange.fail(error);
    }
    return true;
  }

  #begin(bytes: Uint8Array | undefined): void {
    const { route, head, upstream, options, handler } = this.#call;
    const { broker } = route;
    const exchange = this.#exchange;
    this.#isAtHand = bytes !== undefined;
    exchange.begin(this.#context());
    if (exchange.ended && isAborted(options)) {
      return;
    }
    if (exchange.ended && (isGivenUp(handler) || !this.#isReadable())) {
      // While it is recorded it takes a place, too, and is then left out.
      broker.reserve();
      return;
    }
    if (!exchange.ended) {
      exchange.bind(upstream.dispatcher && pendingOf(upstream.dispatcher));
    }
    if (bytes === undefined || broker.mustQueue(head)) {
      this.#call = { ...this.#call, options: copied(options) };
      void this.#lookUpWhenRead(broker.takeTurn(head));
      return;
    }
    const request = sentRequest(head, { bytes });
    if (isReadLive(this.#call)) {
      const turn = broker.takeTurn(head);
      nextTick(() => this.#lookUpInTurn({ request, order: turn.order, again: options.body }, turn));
    } else {
      this.#lookUp({ request, order: broker.reserve(), again: options.body });
    }
  }

  /** The context that the clients would give live: undici 8's give null. */
  #context(): null | undefined {
    const { handler, upstream } = this.#call;
    const isNew = isControllerHandler(handler) && !('onConnect' in handler);
    return (upstream.version === undefined ? isNew : upstream.version >= 8) ? null : undefined;
  }

  /** May the body be read also where nobody sends it? A stream of the program's may not. */
  #isReadable(): boolean {
    const { body } = this.#call.options;
    return this.#isAtHand || isFormData(body) || isBlob(body) || lengthAhead(this.#call) !== undefined;
  }

  /** Never rejects: what goes wrong ends the exchange. */
  async #lookUpWhenRead(turn: Turn): Promise<void> {
    const { route, head } = this.#call;
    try {
      const read = await this.#read();
      const length = lengthAhead(this.#call);
      if (this.#exchange.ended && length !== undefined && length !== read.bytes.byteLength) {
        // A fetch that is given up reads its body no further, also while it is recorded.
        return;
      }
      // Live no answer is there sooner: a program that gives up its request meanwhile has had none.
      await (this.#isAtHand ? afterMicrotasks() : afterTurn());
      const request = sentRequest(head, read);
      await route.broker.inTurn(request, turn);
      this.#lookUp({ request, order: turn.order, again: read.again });
    } catch (error) {
      this.#exchange.fail(error);
    } finally {
      turn.done();
    }
  }

  async #read(): Promise<ReadBody> {
    const { head, route, options } = this.#call;
    const { bodyWait, broker } = route;
    const stop = new Interrupt();
    const timer = setTimeout(
      () => stop.raise(new RequestBodyTimeoutError(head.action, broker.text(head.target), bodyWait)),
      bodyWait,
    );
    if (!this.#isReadable()) {
      this.#exchange.source = {
        abort: (reason) => {
          stop.raise(reason);
          return false;
        },
        resume: () => {},
      };
    }
    try {
      return await readBody(options.body, stop);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Never throws: what goes wrong ends the exchange. */
  #lookUpInTurn(known: Known, turn: Turn): void {
    try {
      this.#lookUp(known);
    } catch (error) {
      this.#exchange.fail(error);
    } finally {
      turn.done();
    }
  }

  /** The one moment of a look-up: what is known of a request, whether it was given up included, is taken together. */
  #lookUp({ request, order, again }: Known): void {
    const { route } = this.#call;
    const { broker, group } = route;
    const exchange = this.#exchange;
    if (exchange.ended) {
      broker.giveUp(request, order, group);
      return;
    }
    const hit = broker.lookup(request);
    if (hit !== undefined && isWebSocket(hit.request) && readResponse(hit).head?.statusCode === 101) {
      // An accepted connection is the program's own, and no dispatcher's.
      exchange.unbind();
      replayWebSocket(exchange, hit, handshakeOf(this.#call), route);
      return;
    }
    if (hit !== undefined) {
      const replayed = new ReplayedSource(exchange, hit, broker.latency);
      exchange.source = replayed;
      replayed.start();
      return;
    }
    if (broker.mode === 'replay') {
      // In a turn of its own, as a failure comes live: what the program does right after it has asked, such as aborting, or
      // destroying the dispatcher, is first.
      setImmediate(() => exchange.ended || this.#miss(request));
      return;
    }
    exchange.unbind();
    const recording = broker.record(request, { order, group });
    recording.request = request;
    forward(this.#call, recording, { exchange, body: again, requestKnown: () => Promise.resolve() });
  }

  /** Never throws: what goes wrong ends the exchange. */
  #miss(request: InteractionRequest): void {
    const { broker } = this.#call.route;
    try {
      const error = broker.notFound(request);
      if (isWebSocket(request)) {
        // Some WebSockets tell their program no reason.
        broker.warn(error.message);
      }
      this.#exchange.fail(error);
    } catch (error) {
      this.#exchange.fail(error);
    }
  }
}

/** Is the body one that fetch reads by and by? In replay it gives some of them as they lie there. */
function isReadLive({ handler, options: { body } }: Call): boolean {
  return isFetchHandler(handler) && body !== null && body !== undefined;
}

function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

function afterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
