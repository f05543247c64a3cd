import type { Exchange } from '../../traffic/exchange.js';

interface Controller {
  aborted: boolean;
  paused: boolean;
  reason: unknown;
  rawHeaders: readonly Buffer[];
  rawTrailers: readonly Buffer[];
  pause(): void;
  resume(): void;
  abort(reason?: unknown): void;
}

/** What undici is told with: the methods of 6 and 7's built-in clients, or those of 7 and 8. */
export interface Handler {
  onConnect?(abort: (reason?: unknown) => void, context: unknown): void;
  onHeaders?(status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean;
  onData?(chunk: Buffer): boolean;
  onComplete?(trailers: readonly Buffer[]): void;
  onError?(error: unknown): void;
  onRequestStart?(controller: Controller, context: unknown): void;
  onResponseStart?(
    controller: Controller,
    status: number,
    headers: Readonly<Record<string, string>>,
    statusText: string,
  ): void;
  onResponseData?(controller: Controller, chunk: Buffer): void;
  onResponseEnd?(controller: Controller, trailers: object): void;
  onResponseError?(controller: Controller, error: unknown): void;
}

/** An answer, in the shapes in which the handlers want it. */
export interface Recorded {
  readonly status: number;
  readonly rawHeaders: readonly Buffer[];
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly Buffer[];
}

export function recorded({ status, headers, body, chunks }: Exchange): Recorded {
  const size = Math.ceil(body.byteLength / chunks);
  return {
    status,
    rawHeaders: headers.flat().map((text) => Buffer.from(text, 'latin1')),
    headers: Object.fromEntries(headers),
    chunks: Array.from({ length: chunks }, (_, at) => body.subarray(at * size, (at + 1) * size)),
  };
}

/** Answers at once; several chunks in a turn of the event loop each, as fetch joins those of one turn. */
export function handling(handler: Handler, answer: Recorded): void {
  if (handler.onRequestStart === undefined) {
    answerLegacy(handler as Required<Handler>, answer);
  } else {
    answerWithController(handler as Required<Handler>, answer);
  }
}

function answerLegacy(handler: Required<Handler>, { status, rawHeaders, chunks }: Recorded): void {
  let aborted = false;
  handler.onConnect((reason) => {
    if (!aborted) {
      aborted = true;
      handler.onError(reason ?? new Error('aborted'));
    }
  }, null);
  if (aborted) {
    return;
  }
  const pieces = new Pieces(
    chunks,
    (chunk) => !aborted && handler.onData(chunk),
    () => aborted || handler.onComplete([]),
  );
  if (handler.onHeaders(status, rawHeaders, () => pieces.resume(), 'OK') !== false) {
    pieces.resume();
  }
}

function answerWithController(handler: Required<Handler>, answer: Recorded): void {
  const { status, rawHeaders, headers, chunks } = answer;
  const controller: Controller = {
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders,
    rawTrailers: [],
    pause() {
      this.paused = true;
    },
    resume() {
      if (this.paused) {
        this.paused = false;
        pieces.resume();
      }
    },
    abort(reason) {
      if (!this.aborted) {
        this.aborted = true;
        this.reason = reason ?? new Error('aborted');
        handler.onResponseError(this, this.reason);
      }
    },
  };
  const pieces = new Pieces(
    chunks,
    (chunk) => {
      handler.onResponseData(controller, chunk);
      return !controller.paused && !controller.aborted;
    },
    () => controller.aborted || handler.onResponseEnd(controller, {}),
  );
  handler.onRequestStart(controller, null);
  if (controller.aborted) {
    return;
  }
  handler.onResponseStart(controller, status, headers, 'OK');
  if (!controller.paused && !controller.aborted) {
    pieces.resume();
  }
}

/** Gives chunk after chunk while it is allowed to, then the end. */
class Pieces {
  readonly #chunks: readonly Buffer[];
  readonly #give: (chunk: Buffer) => boolean;
  readonly #end: () => unknown;
  #next = 0;
  #paused = true;
  /** One was given in this turn of the event loop. */
  #given = false;

  constructor(chunks: readonly Buffer[], give: (chunk: Buffer) => boolean, end: () => unknown) {
    this.#chunks = chunks;
    this.#give = give;
    this.#end = end;
  }

  resume(): void {
    this.#paused = false;
    this.#step();
  }

  #step(): void {
    if (this.#paused || this.#given || this.#next > this.#chunks.length) {
      return;
    }
    const chunk = this.#chunks[this.#next++];
    if (chunk === undefined) {
      this.#end();
    } else if (this.#chunks.length === 1) {
      this.#next++;
      this.#give(chunk);
      this.#end();
    } else {
      this.#given = true;
      setImmediate(() => {
        this.#given = false;
        this.#step();
      });
      this.#paused = !this.#give(chunk);
    }
  }
}
