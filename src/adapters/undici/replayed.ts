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
        const response = prepared(this.#interaction);
        this.#response = response;
        for (const interim of response.interim) {
          this.#giveHead(interim);
        }
        // An interim response pauses nothing.
        this.#paused = response.head !== undefined && !this.#giveHead(response.head);
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

  #giveHead(head: IncomingHead): boolean {
    const { program, ended } = this.#exchange;
    if (ended) {
      return false;
    }
    program.started();
    return program.head(head);
  }

  #advance(): void {
    const response = this.#response;
    if (response === undefined || this.#paused || this.#exchange.ended) {
      return;
    }
    const { body, trailers } = response;
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
  readonly head: IncomingHead | undefined;
  readonly body: readonly Uint8Array[];
  readonly trailers: IncomingTrailers;
}

const preparations = new WeakMap<Interaction, Prepared>();

function prepared(interaction: Interaction): Prepared {
  let response = preparations.get(interaction);
  if (response === undefined) {
    const { interim, head, body, trailers } = readResponse(interaction);
    response = {
      interim: interim.map(incoming),
      head: head && incoming(head),
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
