import { monotonicNow, setImmediate } from '../../core/clock.js';
import { reviveFailure } from '../../core/failure.js';
import type { Interaction } from '../../core/interaction.js';
import { type Latency, type Pace, paceOf, whenDue } from '../../core/pace.js';
import { Patience } from '../../core/patience.js';
import { holdOpen } from '../../core/playback.js';
import { type ResponseHead, readResponse } from '../../http/response.js';
import type { Exchange, Source } from './exchange.js';
import { headerRecord, rawHeaders } from './headers.js';
import type { IncomingHead, IncomingTrailers } from './program.js';
import { asUndiciError } from './undici-error.js';

const SETTLED = Promise.resolve();

/** Answers an exchange from a recording. */
export class ReplayedSource implements Source {
  readonly #exchange: Exchange;
  readonly #interaction: Interaction;
  readonly #begun = monotonicNow();
  readonly #pace: Pace | undefined;
  #response: Prepared | undefined;
  #next = 0;
  #paused = false;
  #busy = false;
  #waiting = false;
  #patience: Patience | undefined;
  #release: () => void = () => {};

  constructor(exchange: Exchange, interaction: Interaction, latency: Latency) {
    this.#exchange = exchange;
    this.#interaction = interaction;
    this.#pace = paceOf(latency, interaction);
  }

  /** Begins to answer, once the caller of `dispatch` has gone on. */
  start(): void {
    this.#busy = true;
    const begin = () => this.#guarded(() => this.#begin());
    if (this.#pace === undefined) {
      // Costs less than a callback of `queueMicrotask`, which is a resource of its own to async_hooks.
      void SETTLED.then(begin);
    } else {
      this.#release = whenDue(this.#begun, this.#pace.head, begin);
    }
  }

  #begin(): void {
    const response = prepared(this.#interaction);
    this.#response = response;
    for (const interim of response.interim) {
      this.#giveHead(interim);
    }
    // An interim response pauses nothing.
    this.#paused = response.head !== undefined && !this.#giveHead(response.head);
    if (this.#pace === undefined) {
      this.#advance();
    } else {
      this.#advanceWhenDue(response.body.length, this.#pace);
    }
  }

  #advanceWhenDue(count: number, { chunk, end }: Pace): void {
    this.#waiting = true;
    const due = this.#next < count ? chunk(this.#next, count) : end;
    this.#release = whenDue(this.#begun, due, () => this.#goOn());
  }

  #goOn(): void {
    this.#waiting = false;
    this.#guarded(() => this.#advance());
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
      const { program } = this.#exchange;
      this.#paused = !program.data(program.copies ? chunk : Buffer.from(chunk));
    }
    if (this.#next === body.length && this.#pace === undefined) {
      this.#advance();
      return;
    }
    if (this.#pace === undefined) {
      this.#waiting = true;
      // A turn of the event loop a chunk: chunks of one turn are joined by fetch on Node 20, 22 and 24.
      this.#patience ??= new Patience(() => !this.#exchange.ended && this.#exchange.program.isBehind);
      this.#patience.whenTaken(() => this.#goOn());
    } else {
      this.#advanceWhenDue(body.length, this.#pace);
    }
  }

  #finish(trailers: IncomingTrailers): void {
    const { failure, truncated } = this.#interaction.recording;
    if (failure !== undefined) {
      const error = asUndiciError(reviveFailure(failure));
      // In a turn of its own, as live: a fetch whose error comes together with its head never settles.
      this.#waiting = true;
      setImmediate(() => this.#exchange.fail(error));
    } else if (truncated) {
      this.#release();
      this.#release = holdOpen(this.#interaction, this.#begun, (error) => this.#exchange.fail(error));
    } else {
      this.#exchange.end(trailers);
    }
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

export function incoming({ statusCode, statusText, headers }: ResponseHead): IncomingHead {
  return {
    statusCode,
    statusText,
    raw: rawHeaders(headers),
    // Each program gets one of its own: it may change it. Many look at the raw ones alone.
    get parsed() {
      return headerRecord(headers);
    },
  };
}
