import type { Broker } from '../../core/broker.js';
import type { Recording } from '../../core/recording.js';
import {
  endsWithHeaders,
  headMetadata,
  interimMetadata,
  isOneWhole,
  type ResponseHead,
  redirectTarget,
  trailerMetadata,
} from '../../http/response.js';
import type { Exchange, Source } from './exchange.js';
import { headerPairs } from './headers.js';
import type { IncomingHead, IncomingTrailers } from './program.js';
import type { Abort } from './protocol.js';
import type { Redirects } from './redirects.js';

/** What an exchange can do to the upstream that answers it. */
export interface Upstream {
  abort: Abort;
  resume(): void;
}

const NOTHING = new Uint8Array();

/**
 * Answers an exchange live while it is recorded: what arrives goes to the recording and to the program, in this
 * order and at once. The program's end waits for the save, and so do headers that are the end. While the program
 * pauses, the recorder reads ahead up to its bound; beyond that the pause reaches the upstream.
 */
export class LiveSource implements Source {
  readonly #exchange: Exchange;
  readonly #recording: Recording;
  readonly #redirects: Redirects;
  readonly #readAhead: number;
  readonly #requestKnown: () => Promise<void>;

  #upstream: Upstream | undefined;
  #upstreamPaused = false;
  #upstreamDone = false;
  #programPaused = false;
  #advancing = false;
  #isWhole = false;
  #headSeen = false;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #heldHead: IncomingHead | undefined;
  #ending: { readonly trailers: IncomingTrailers } | { readonly error: unknown } | undefined;

  /**
   * @param options.requestKnown Resolves when the recording has its request, or never will.
   */
  constructor(
    exchange: Exchange,
    recording: Recording,
    broker: Broker,
    options: { readonly redirects: Redirects; readonly requestKnown: () => Promise<void> },
  ) {
    this.#exchange = exchange;
    this.#recording = recording;
    this.#redirects = options.redirects;
    this.#readAhead = broker.readAhead;
    this.#requestKnown = options.requestKnown;
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
      return this.#exchange.program.head(incoming);
    }
    this.#headSeen = true;
    this.#isWhole = isOneWhole(head);
    this.#recording.add(NOTHING, headMetadata(head), true);
    const { action, target } = this.#recording.head;
    const next = redirectTarget(target, head);
    if (next !== undefined) {
      this.#redirects.add(next, this.#recording);
    }
    if (endsWithHeaders(action, head)) {
      this.#heldHead = incoming;
      return true;
    }
    this.#programPaused = !this.#exchange.program.head(incoming);
    return true;
  }

  /** False where the upstream is to pause. */
  data(chunk: Uint8Array): boolean {
    this.#recording.add(chunk, [], this.#isWhole || this.#headSeen);
    this.#headSeen = false;
    if (this.#programPaused || this.#advancing || this.#queue.length > 0) {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.byteLength;
    } else {
      this.#programPaused = !this.#exchange.program.data(chunk);
    }
    this.#upstreamPaused = this.#queuedBytes > this.#readAhead;
    return !this.#upstreamPaused;
  }

  end(trailers: IncomingTrailers): void {
    this.#upstreamDone = true;
    this.#recording.add(NOTHING, trailerMetadata(headerPairs(trailers.raw, trailers.parsed)), true);
    this.#saved().then(
      () => this.#finish({ trailers }),
      (error: unknown) => {
        this.#recording.surfaced = this.#heldHead !== undefined;
        this.#finish({ error });
      },
    );
  }

  fail(error: unknown): void {
    this.#upstreamDone = true;
    if (this.#exchange.aborted) {
      this.#cutOff();
      this.#exchange.fail(error);
      return;
    }
    this.#recording.discard();
    this.#finish({ error });
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
    this.#queue = [];
    if (this.#recording.request === undefined) {
      this.#recording.discard();
    } else {
      void this.#recording.truncate();
    }
  }

  async #saved(): Promise<void> {
    if (this.#recording.request === undefined) {
      await this.#requestKnown();
    }
    await this.#recording.end();
    await this.#redirects.saved(this.#recording);
  }

  #finish(ending: { readonly trailers: IncomingTrailers } | { readonly error: unknown }): void {
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
      this.#queue = [];
      this.#recording.discard();
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
    for (let chunk = this.#take(); chunk !== undefined; chunk = this.#take()) {
      this.#programPaused = !this.#exchange.program.data(chunk);
    }
    if (this.#ending === undefined || this.#queue.length > 0 || this.#programPaused) {
      return;
    }
    if ('error' in this.#ending) {
      this.#exchange.fail(this.#ending.error);
      return;
    }
    if (this.#heldHead !== undefined) {
      const head = this.#heldHead;
      this.#heldHead = undefined;
      this.#programPaused = !this.#exchange.program.head(head);
      if (this.#programPaused) {
        return;
      }
    }
    this.#exchange.end(this.#ending.trailers);
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#programPaused || this.#exchange.ended ? undefined : this.#queue.shift();
    this.#queuedBytes -= chunk?.byteLength ?? 0;
    return chunk;
  }
}
