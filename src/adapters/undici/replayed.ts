import { monotonicNow, queueMicrotask, setImmediate } from '../../core/clock.js';
import type { Interaction } from '../../core/interaction.js';
import { holdOpen } from '../../core/playback.js';
import { type ResponseHead, readResponse } from '../../http/response.js';
import type { Exchange, Source } from './exchange.js';
import { rawHeaders } from './headers.js';
import type { IncomingHead, IncomingTrailers } from './program.js';

/** Answers an exchange from a recording. */
export class ReplayedSource implements Source {
  readonly #exchange: Exchange;
  readonly #interaction: Interaction;
  readonly #begun = monotonicNow();
  #response: Prepared | undefined;
  #next = 0;
  #paused = false;
  #busy = false;
  #waiting = false;
  #release: () => void = () => {};

  constructor(exchange: Exchange, interaction: Interaction) {
    this.#exchange = exchange;
    this.#interaction = interaction;
  }

  /** Begins to answer, once the caller of `dispatch` has gone on. */
  start(): void {
    this.#busy = true;
    queueMicrotask(() => {
      this.#guarded(() => {
        if (this.#hasHead) {
          this.#response = prepared(this.#interaction);
          for (const interim of this.#response.interim) {
            this.#exchange.program.head(interim);
          }
          this.#paused = !this.#exchange.program.head(this.#response.head);
        }
        this.#advance();
      });
    });
  }

  abort(): boolean {
    this.#release();
    return false;
  }

  resume(): void {
    this.#paused = false;
    if (!this.#busy) {
      this.#guarded(() => this.#advance());
    }
  }

  // An exchange that was aborted before anything had arrived is recorded without a head.
  get #hasHead(): boolean {
    const { recording, responseChunks } = this.#interaction;
    return !recording.truncated || responseChunks.some((chunk) => chunk.metadata.length > 0);
  }

  #advance(): void {
    const { body, trailers } = this.#response ?? NOTHING_ARRIVED;
    if (this.#paused || this.#exchange.ended) {
      return;
    }
    const chunk = body[this.#next];
    if (chunk === undefined) {
      this.#finish(trailers);
      return;
    }
    this.#next++;
    if (chunk.byteLength > 0) {
      this.#paused = !this.#exchange.program.data(Buffer.from(chunk));
    }
    if (this.#next === body.length) {
      this.#advance();
      return;
    }
    // A turn of the event loop a chunk: chunks of one turn are joined by fetch on Node 20, 22 and 24.
    this.#waiting = true;
    setImmediate(() => {
      this.#waiting = false;
      this.#guarded(() => this.#advance());
    });
  }

  #finish(trailers: IncomingTrailers): void {
    if (this.#interaction.recording.truncated) {
      this.#release();
      this.#release = holdOpen(this.#interaction, this.#begun, (error) => this.#exchange.fail(error));
      return;
    }
    this.#exchange.end(trailers);
  }

  /** What a program's handler throws ends its exchange, as it does live. */
  #guarded(step: () => void): void {
    this.#busy = true;
    try {
      if (!this.#exchange.ended) {
        step();
      }
    } catch (error) {
      this.#release();
      this.#exchange.fail(error);
    } finally {
      this.#busy = this.#waiting;
    }
  }
}

/** A recorded response as a dispatcher hands it on. */
interface Prepared {
  readonly interim: readonly IncomingHead[];
  readonly head: IncomingHead;
  readonly body: readonly Uint8Array[];
  readonly trailers: IncomingTrailers;
}

const NOTHING_ARRIVED: Pick<Prepared, 'body' | 'trailers'> = { body: [], trailers: { raw: [] } };

const preparations = new WeakMap<Interaction, Prepared>();

function prepared(interaction: Interaction): Prepared {
  let response = preparations.get(interaction);
  if (response === undefined) {
    const { interim, head, body, trailers } = readResponse(interaction);
    response = {
      interim: interim.map(incoming),
      head: incoming(head),
      body,
      trailers: { raw: rawHeaders(trailers) },
    };
    preparations.set(interaction, response);
  }
  return response;
}

function incoming({ statusCode, statusText, headers }: ResponseHead): IncomingHead {
  return { statusCode, statusText, raw: rawHeaders(headers) };
}
