import type { Duplex } from 'node:stream';
import type { CoreBroker } from '../../core/broker.js';
import { clearTimeout, setImmediate, setTimeout } from '../../core/clock.js';
import { BodyTooLargeError } from '../../core/errors.js';
import type { HeaderPair } from '../../core/interaction.js';
import type { Recording } from '../../core/recording.js';
import { isBroken } from '../../http/coding/content-coding.js';
import {
  endsWithHeaders,
  headMetadata,
  interimMetadata,
  isOneWhole,
  isRedirect,
  type ResponseHead,
  trailerMetadata,
} from '../../http/response.js';
import type { Exchange, Source } from './exchange.js';
import { headerPairs } from './headers.js';
import type { IncomingHead, IncomingTrailers } from './program.js';
import type { Abort } from './protocol.js';

/** What an exchange can do to the upstream that answers it. */
export interface Upstream {
  abort: Abort;
  resume(): void;
}

/** What is known of the call that an exchange goes live for. */
export interface LiveCall {
  /**
   * Resolves when the recording has its request, or is taken never to. `failed`: nobody goes on to send the body.
   */
  requestKnown(failed: boolean): Promise<void>;
  /** Was it given up before it was made? Then it is looked up in no replay. */
  readonly wasGivenUp: boolean;
  /** Has the program destroyed the dispatcher that it asked, since it asked? */
  isDestroyed(): boolean;
  /** Records a connection that the upstream has accepted as the program's own. */
  upgrade(head: ResponseHead, socket: Duplex): void;
}

/** How the exchange is to end for the program, once it has been given everything before. */
type Ending =
  | { readonly kind: 'whole'; readonly trailers: IncomingTrailers }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'unsaved'; readonly error: unknown };

const NOTHING = new Uint8Array();

/** How long the head of a redirect waits for its body. */
const REDIRECT_WAIT_MS = 500;

/**
 * Answers an exchange live while it is recorded: what arrives goes to the recording and to the program, in this
 * order and at once. The program's end waits for the save. So does a head that is the end for the program: of a
 * response without a body, and of a redirect, whose body nobody who follows it reads. While the program pauses, the
 * recorder reads ahead up to its bound; beyond that the pause reaches the upstream.
 */
export class LiveSource implements Source {
  readonly #exchange: Exchange;
  readonly #recording: Recording;
  readonly #readAhead: number;
  readonly #recordFailures: boolean;
  readonly #call: LiveCall;

  #upstream: Upstream | undefined;
  #upstreamPaused = false;
  #upstreamDone = false;
  #programPaused = false;
  #programThrew = false;
  #advancing = false;
  #isWhole = false;
  #headers: readonly HeaderPair[] = [];
  #isFirstData = true;
  #heldHead: IncomingHead | undefined;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #ending: Ending | undefined;
  #isUpgraded = false;

  constructor(exchange: Exchange, recording: Recording, broker: CoreBroker, call: LiveCall) {
    this.#exchange = exchange;
    this.#recording = recording;
    this.#readAhead = broker.readAhead;
    this.#recordFailures = broker.recordFailures;
    this.#call = call;
  }

  // What the upstream tells

  connected(upstream: Upstream, context: unknown): void {
    this.#upstream = upstream;
    if (this.#exchange.aborted) {
      upstream.abort();
      return;
    }
    this.#exchange.begin(context);
  }

  /** False where the upstream is to pause. */
  head(incoming: IncomingHead): boolean {
    const { statusCode, statusText } = incoming;
    const head: ResponseHead = {
      statusCode,
      statusText: statusText ?? '',
      headers: headerPairs(incoming.raw, incoming.parsed),
    };
    if (statusCode < 200) {
      this.#recording.add(NOTHING, interimMetadata(head), true);
      // Whether the program wants to pause there is nothing to undici, so neither is it here.
      this.#exchange.program.head(incoming);
      return true;
    }
    this.#isWhole = isOneWhole(head);
    this.#headers = head.headers;
    this.#recording.add(NOTHING, headMetadata(head), true);
    if (endsWithHeaders(this.#recording.head.action, head)) {
      this.#heldHead = incoming;
    } else if (isRedirect(head)) {
      this.#heldHead = incoming;
      this.#holdTimer = setTimeout(() => this.#advance(), REDIRECT_WAIT_MS);
    } else {
      this.#giveHead(incoming);
    }
    return true;
  }

  upgraded(incoming: IncomingHead, socket: unknown): void {
    const { statusCode } = incoming;
    // No undici hands on what the status line said.
    const statusText = statusCode === 101 ? 'Switching Protocols' : '';
    this.#isUpgraded = true;
    const headers = headerPairs(incoming.raw, incoming.parsed);
    this.#call.upgrade({ statusCode, statusText, headers }, socket as Duplex);
    this.#exchange.program.upgrade(incoming, socket);
  }

  /** False where the upstream is to pause. */
  data(chunk: Uint8Array): boolean {
    this.#recording.add(chunk, [], this.#isWhole || this.#isFirstData);
    this.#isFirstData = false;
    if (this.#heldHead || this.#programPaused || this.#advancing || this.#queue.length > 0) {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.byteLength;
    } else {
      this.#giveData(chunk);
    }
    this.#upstreamPaused = this.#queuedBytes > this.#readAhead;
    if (this.#upstreamPaused && this.#heldHead) {
      this.#advance();
    }
    return !this.#upstreamPaused;
  }

  end(trailers: IncomingTrailers): void {
    this.#upstreamDone = true;
    this.#recording.add(NOTHING, trailerMetadata(headerPairs(trailers.raw, trailers.parsed)), true);
    // The program may send the rest of its body only when it has read all of this answer.
    const isEarly = this.#recording.request === undefined;
    // A program that has no head yet is sure to hear of a failed save: its request fails.
    this.#recording.surfaced = this.#heldHead !== undefined && !isEarly;
    const saved = this.#saved(false, () => this.#recording.end());
    if (isEarly || this.#isBroken()) {
      // The program sees no end, but the error of its decoder. On Node 20 fetch never settles where that error comes
      // after the end, and the end came behind the data: so the end comes when it does live.
      saved.catch(() => {});
      this.#finish({ kind: 'whole', trailers });
      return;
    }
    saved.then(
      () => this.#finish({ kind: 'whole', trailers }),
      (error: unknown) => this.#finish({ kind: 'unsaved', error }),
    );
  }

  #isBroken(): boolean {
    const data = this.#recording.responseChunks.map((chunk) => chunk.data);
    return this.#heldHead === undefined && isBroken(data, this.#headers);
  }

  fail(error: unknown): void {
    this.#upstreamDone = true;
    if (this.#isUpgraded) {
      this.#exchange.fail(error);
      return;
    }
    if (this.#exchange.aborted || this.#programThrew || this.#call.isDestroyed()) {
      this.#cutOff();
      this.#exchange.fail(error);
      return;
    }
    if (error instanceof BodyTooLargeError) {
      // In a turn of its own: on Node 20 a fetch whose error comes together with its head never settles.
      setImmediate(() => this.#finish({ kind: 'unsaved', error }));
      return;
    }
    if (!this.#recordFailures) {
      this.#recording.discard();
      this.#finish({ kind: 'failed', error });
      return;
    }
    this.#recording.surfaced = true;
    this.#saved(true, () => this.#recording.fail(error)).then(
      () => this.#finish({ kind: 'failed', error }),
      (unsaved: unknown) => this.#finish({ kind: 'unsaved', error: unsaved }),
    );
  }

  // What the program wants

  abort(reason: unknown): boolean {
    if (this.#upstreamDone || this.#upstream === undefined) {
      this.#cutOff();
      return false;
    }
    this.#upstream.abort(reason);
    return true;
  }

  resume(): void {
    this.#programPaused = false;
    this.#advance();
  }

  #cutOff(): void {
    clearTimeout(this.#holdTimer);
    if (this.#isUpgraded) {
      // The end of its connection is the end of the recording.
      return;
    }
    this.#dropQueue();
    if (this.#recording.request === undefined || this.#call.wasGivenUp) {
      this.#recording.discard();
    } else {
      void this.#recording.truncate();
    }
  }

  async #saved(failed: boolean, end: () => Promise<void>): Promise<void> {
    if (this.#recording.request === undefined) {
      await this.#call.requestKnown(failed);
    }
    await end();
  }

  #finish(ending: Ending): void {
    clearTimeout(this.#holdTimer);
    this.#ending = ending;
    this.#advance();
  }

  /** Gives the program what it can take, lets the upstream go on, and ends when all is given. */
  #advance(): void {
    if (this.#advancing || this.#exchange.ended) {
      return;
    }
    this.#advancing = true;
    try {
      this.#deliver();
    } catch (error) {
      // The program's handler threw while it was reading on: as live, this aborts its exchange.
      this.#cutOff();
      this.#exchange.fail(error);
      if (!this.#upstreamDone) {
        this.#upstream?.abort(error);
      }
    } finally {
      this.#advancing = false;
    }
    if (this.#upstreamPaused && !this.#upstreamDone && this.#queuedBytes <= this.#readAhead) {
      this.#upstreamPaused = false;
      this.#upstream?.resume();
    }
  }

  #deliver(): void {
    const ending = this.#ending;
    if (this.#heldHead !== undefined && ending?.kind !== 'unsaved') {
      const head = this.#heldHead;
      this.#heldHead = undefined;
      clearTimeout(this.#holdTimer);
      this.#giveHead(head);
    }
    for (let chunk = this.#take(); chunk !== undefined; chunk = this.#take()) {
      this.#giveData(chunk);
    }
    if (this.#heldHead !== undefined) {
      // Never seen by the program, so the failed save is all that it sees.
      this.#dropQueue();
    }
    if (ending === undefined || this.#queue.length > 0 || this.#programPaused || this.#exchange.ended) {
      return;
    }
    if (ending.kind === 'whole') {
      this.#exchange.end(ending.trailers);
    } else {
      this.#exchange.fail(ending.error);
    }
  }

  // A program's handler that throws aborts its exchange, and undici reports that as an error of the upstream.

  #giveHead(head: IncomingHead): void {
    this.#programPaused = !this.#guarded(() => this.#exchange.program.head(head));
  }

  #giveData(chunk: Uint8Array): void {
    this.#programPaused = !this.#guarded(() => this.#exchange.program.data(chunk));
  }

  #guarded(give: () => boolean): boolean {
    try {
      return give();
    } catch (error) {
      this.#programThrew = true;
      throw error;
    }
  }

  #dropQueue(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #take(): Uint8Array | undefined {
    const held = this.#programPaused || this.#heldHead !== undefined || this.#exchange.ended;
    const chunk = held ? undefined : this.#queue.shift();
    this.#queuedBytes -= chunk?.byteLength ?? 0;
    return chunk;
  }
}
