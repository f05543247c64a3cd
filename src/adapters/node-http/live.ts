import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CoreBroker } from '../../core/broker.js';
import { clearTimeout, queueMicrotask, setImmediate, setTimeout } from '../../core/clock.js';
import type { Recording } from '../../core/recording.js';
import { wrapMethod } from '../../core/wrap-method.js';
import {
  endsWithHeaders,
  headMetadata,
  interimMetadata,
  isOneWhole,
  isRedirect,
  trailerMetadata,
} from '../../http/response.js';
import { isWebSocket, UPGRADE_NOTICE } from '../../http/websocket-protocol.js';
import { headerPairs, headOf } from './headers.js';
import type { OutgoingRequest } from './protocol.js';
import { type Telling, Tellings } from './tellings.js';

/** What a live exchange needs besides. */
export interface LiveOptions {
  /** Resolves when the recording has its request, or is taken never to. `failed`: nobody goes on to send the body. */
  requestKnown(failed: boolean): Promise<void>;
  /** Called when the upstream answers, before the program hears of it. */
  answered?(): void;
  /** Records a connection that the upstream has accepted as the program's own. */
  upgraded(response: IncomingMessage, socket: Duplex, early: Uint8Array): void;
  /** Was the program told to go on with its body before the upstream could say so? */
  readonly continued?: boolean;
}

const NOTHING = new Uint8Array();

/** How long the head of a redirect waits for its body. */
const REDIRECT_WAIT_MS = 500;

/**
 * Records an exchange while it is live: it stands between node's own client and the program's own request, and hears
 * what the one tells the other. What arrives goes to the recording and to the program, at once. The end of the response
 * waits for the save. So does a head that is the end for the program: of a response without a body, and of a redirect,
 * whose body those who follow it throw away. Nothing waits where the program has not ended its request yet. While the
 * program does not read, the recorder reads ahead up to its bound.
 */
export class LiveSource {
  readonly #request: OutgoingRequest;
  readonly #recording: Recording;
  readonly #broker: CoreBroker;
  readonly #options: LiveOptions;

  readonly #tellings = new Tellings();

  #emit!: OutgoingRequest['emit'];
  #swallowsContinue: boolean;
  #isWhole = false;
  #isFirstData = true;
  /** How much of the body is to come, where its length was told. */
  #left: number | undefined;
  #giveLast = () => {};
  /** An error of this library's that the response has told. */
  #heard: Error | undefined;
  #heldHead: IncomingMessage | undefined;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #isUpgraded = false;
  /** By a signal that was aborted before the request was made. */
  readonly #wasDestroyed: boolean;
  #aborted = false;
  #close!: () => void;
  readonly #closed = new Promise<void>((resolve) => {
    this.#close = resolve;
  });

  constructor(request: OutgoingRequest, recording: Recording, broker: CoreBroker, options: LiveOptions) {
    this.#request = request;
    this.#recording = recording;
    this.#broker = broker;
    this.#options = options;
    this.#swallowsContinue = options.continued === true;
    this.#wasDestroyed = request.destroyed;
  }

  /** Begins to listen. */
  listen(): void {
    wrapMethod(this.#request, 'emit', (emit) => {
      this.#emit = emit;
      return (event, ...args) => this.#hears(event, args);
    });
    wrapMethod(this.#request, 'destroy', (destroy) => (error) => {
      // Where its connection has failed, a program that destroys the request only says so: axios does.
      if (!this.#request.socket?.errored) {
        this.#abort();
      }
      return destroy(error);
    });
  }

  #hears(event: string | symbol, args: unknown[]): boolean {
    switch (event) {
      case 'continue':
        return this.#swallowsContinue || this.#emit(event);
      case 'information':
        this.#interim(args[0] as IncomingMessage);
        return true;
      case 'response':
        this.#head(args[0] as IncomingMessage);
        return true;
      case 'upgrade':
      case 'connect':
        this.#upgraded(...(args as [IncomingMessage, Duplex, Uint8Array]));
        return this.#emit(event, ...args);
      case 'error':
        this.#failed(args[0] as Error);
        return true;
      case 'close':
        this.#close();
        this.#tellings.tell(() => {
          this.#cutOff();
          this.#emit('close');
        });
        return true;
      default:
        return this.#emit(event, ...args);
    }
  }

  // What the upstream tells

  #upgraded(response: IncomingMessage, socket: Duplex, early: Uint8Array): void {
    const { request } = this.#recording;
    if (request !== undefined && isWebSocket(request)) {
      this.#isUpgraded = true;
      this.#options.upgraded(response, socket, early);
    } else {
      this.#broker.warn(UPGRADE_NOTICE);
      this.#recording.discard();
    }
  }

  #interim(information: IncomingMessage): void {
    this.#recording.add(NOTHING, interimMetadata(headOf(information)), true);
    if (this.#swallowsContinue && information.statusCode === 100) {
      this.#swallowsContinue = false;
    } else {
      this.#emit('information', information);
    }
  }

  #head(response: IncomingMessage): void {
    this.#options.answered?.();
    const head = headOf(response);
    this.#isWhole = isOneWhole(head);
    this.#left = declaredLength(response);
    this.#recording.add(NOTHING, headMetadata(head), true);
    wrapMethod(response, 'push', (push) => (chunk: Uint8Array | null) => {
      return chunk === null ? this.#end(response, () => push(null)) : this.#data(response, chunk, push);
    });
    wrapMethod(response, 'destroy', (destroy) => (error) => {
      this.#destroyed(response, error, destroy);
      return response;
    });
    if (this.#isEarly) {
      this.#give(response);
    } else if (endsWithHeaders(this.#request.method, head)) {
      this.#heldHead = response;
    } else if (isRedirect(head)) {
      this.#heldHead = response;
      this.#holdTimer = setTimeout(() => this.#giveHead(), REDIRECT_WAIT_MS);
    } else {
      this.#give(response);
    }
  }

  /**
   * Is the answer there before the program has ended its request? Then nothing of it waits: the program may send the rest
   * only when it has read all of it, or give its request up as soon as node has a response to it, which got 16 does.
   */
  get #isEarly(): boolean {
    return this.#recording.request === undefined || !this.#request.writableEnded;
  }

  /** False where the upstream is to pause. */
  #data(response: IncomingMessage, chunk: Uint8Array, push: (chunk: Uint8Array) => boolean): boolean {
    try {
      this.#recording.add(chunk, [], this.#isWhole || this.#isFirstData);
    } catch (error) {
      // Thrown on from here, it would be an uncaught exception.
      this.#unsaved(response, error as Error);
      return false;
    }
    this.#isFirstData = false;
    if (this.#isLast(chunk)) {
      // The end comes in this very turn, and waits for the save: a program is to get both in one, as it does live.
      this.#giveLast = () => {
        this.#giveLast = () => {};
        push(chunk);
      };
      return true;
    }
    const wantsMore = push(chunk);
    const isFarAhead = response.readableLength > this.#broker.readAhead;
    if (isFarAhead) {
      this.#giveHead();
    }
    return wantsMore || !isFarAhead;
  }

  #isLast({ byteLength }: Uint8Array): boolean {
    if (this.#left === undefined || !this.#recording.open) {
      return false;
    }
    this.#left -= byteLength;
    return this.#left === 0;
  }

  #end(response: IncomingMessage, push: () => boolean): boolean {
    if (this.#ended) {
      // Node ends it once more where the connection is closed.
      return false;
    }
    this.#ended = true;
    if (!this.#recording.open) {
      return push();
    }
    // What came together with the end may still be an error: bytes behind it, for instance.
    queueMicrotask(() => this.#endsWell(response, push));
    return false;
  }

  #endsWell(response: IncomingMessage, push: () => boolean): void {
    if (this.#tellings.wait || !this.#recording.open) {
      this.#tellings.tell(() => {
        this.#giveLast();
        push();
      });
      return;
    }
    this.#recording.add(NOTHING, trailerMetadata(headerPairs(response.rawTrailers)), true);
    if (this.#isEarly) {
      void this.#savedWhenSent();
      this.#giveLast();
      push();
      return;
    }
    this.#recording.surfaced = this.#hearsOfErrors(response);
    this.#wait(
      false,
      () => this.#recording.end(),
      (unsaved) => {
        if (unsaved !== undefined) {
          this.#unsaved(response, unsaved);
        } else if (!response.destroyed) {
          this.#giveHead();
          this.#giveLast();
          push();
          if (this.#aborted && !response.destroyed) {
            dump(response);
          }
        }
      },
    );
  }

  /** Node destroys a response whose connection closes too soon; else it is the program that does. */
  #destroyed(response: IncomingMessage, error: Error | undefined, destroy: (error?: Error) => unknown): void {
    const isClosed = response.socket?.destroyed === true && !this.#isHungUp;
    const isCut = !this.#aborted && !response.complete && isClosed;
    if (!isCut) {
      this.#abort();
      destroy(error);
      return;
    }
    this.#ended = true;
    this.#fail(error, (unsaved) => {
      this.#giveHead();
      destroy(unsaved ?? error);
    });
  }

  #failed(error: Error): void {
    if (error === this.#heard && this.#request.listenerCount('error') === 0) {
      // Its connection tells it once more; a program that listens to the response alone is not to die of that.
      return;
    }
    const isOver = this.#ended && this.#request.writableFinished;
    if (this.#tellings.wait && isOver) {
      // All was sent, and all was answered: live, nobody listened to this connection any more.
      return;
    }
    // Not of what came, which closes the connection in the same way.
    if (this.#isHungUp && 'code' in error && error.code === 'ECONNRESET') {
      this.#abort();
    }
    this.#fail(error, (unsaved) => {
      this.#giveHead();
      this.#giveLast();
      this.#emit('error', unsaved ?? error);
    });
  }

  #fail(error: unknown, telling: Telling): void {
    if (this.#tellings.wait || !this.#recording.open) {
      this.#tellings.tell(telling);
    } else if (!this.#broker.recordFailures) {
      this.#recording.discard();
      telling(undefined);
    } else {
      this.#recording.surfaced = true;
      this.#wait(true, () => this.#recording.fail(error), telling);
    }
  }

  // What the program does

  /** Did the program close the connection by itself? Where the upstream does, it has an end or an error. */
  get #isHungUp(): boolean {
    const { socket } = this.#request;
    return socket?.destroyed === true && !socket.readableEnded && socket.errored === null;
  }

  #abort(): void {
    if (this.#aborted) {
      return;
    }
    this.#aborted = true;
    if (this.#heldHead !== undefined) {
      // The program has seen no response, so it gets the error of a request without one.
      this.#heldHead = undefined;
      this.#request.res = null;
    }
    this.#cutOff();
  }

  #cutOff(): void {
    clearTimeout(this.#holdTimer);
    // The end of an upgraded connection is the end of its recording.
    if (!this.#recording.open || this.#ended || this.#isUpgraded) {
      return;
    }
    if (this.#recording.request === undefined || this.#wasDestroyed) {
      this.#recording.discard();
    } else {
      void this.#recording.truncate();
    }
  }

  // What the program is told, and when

  #giveHead(): void {
    const response = this.#heldHead;
    if (response !== undefined) {
      this.#heldHead = undefined;
      clearTimeout(this.#holdTimer);
      const { complete } = response;
      // Live it never is as the program gets it; Node 26 closes no connection of a response that is.
      response.complete = false;
      try {
        this.#give(response);
      } finally {
        response.complete = complete;
      }
    }
  }

  #give(response: IncomingMessage): void {
    if (!this.#emit('response', response)) {
      // Nobody listens. Node would stop to look at what comes; it is recorded all the same.
      response.resume();
    }
  }

  #wait(failed: boolean, end: () => Promise<void>, telling: Telling): void {
    // What follows the end of a stream is told in a turn of its own, as a stream tells of its end a little later.
    this.#tellings.holdBack(this.#saved(failed, end), telling, failed ? queueMicrotask : setImmediate);
  }

  async #saved(failed: boolean, end: () => Promise<void>): Promise<void> {
    if (failed && this.#recording.request === undefined) {
      await this.#options.requestKnown(failed);
    }
    await end();
  }

  /** Never rejects: a failed save is told at the end of the scope. */
  async #savedWhenSent(): Promise<void> {
    await Promise.race([this.#options.requestKnown(false), this.#closed]);
    await this.#recording.end().catch(() => {});
  }

  /** Is the program sure to hear of a failed save? */
  #hearsOfErrors(response: IncomingMessage): boolean {
    return (
      this.#heldHead !== undefined ||
      response.listenerCount('error') > 0 ||
      (this.#isConnected && this.#request.listenerCount('error') > 0)
    );
  }

  get #isConnected(): boolean {
    return this.#request.socket?.destroyed === false;
  }

  /** The response is whole, and the program must not take it for one. */
  #unsaved(response: IncomingMessage, error: Error): void {
    if (this.#heldHead === undefined) {
      if (response.listenerCount('error') > 0) {
        this.#heard = error;
        // Comes before the error, and a client such as got takes it for the reason: no server has aborted.
        wrapMethod(
          response,
          'emit',
          (emit) =>
            (event, ...args) =>
              event !== 'aborted' && emit(event, ...args),
        );
      }
      response.destroy(error);
      return;
    }
    this.#heldHead = undefined;
    if (this.#isConnected) {
      this.#request.socket?.destroy(error);
    } else {
      this.#emit('error', error);
    }
  }
}

/** As node does with a response whose request is given up; where its end was still to come, it had nothing to do. */
function dump(response: IncomingMessage): void {
  if (response.readableLength === 0) {
    response.read(0);
  } else {
    response.resume();
  }
}

function declaredLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined || headers['transfer-encoding'] !== undefined ? undefined : Number(length);
}
