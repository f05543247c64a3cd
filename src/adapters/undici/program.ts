import { headerPairs, headerRecord } from './headers.js';
import { bodyStream, copiesData } from './known-handlers.js';
import {
  type Abort,
  type Controller,
  type ControllerHandler,
  type Handler,
  isControllerHandler,
  type LegacyHandler,
  type RawHeaders,
} from './protocol.js';

/** What a program may do to its exchange. */
export interface Control {
  abort: Abort;
  resume(): void;
}

/** A head as a dispatcher hands it on. `parsed` is there in the protocol that parses headers. */
export interface IncomingHead {
  readonly statusCode: number;
  readonly raw: unknown;
  readonly statusText: string;
  readonly parsed?: Record<string, string | string[]> | undefined;
}

/** Trailers, likewise. */
export type IncomingTrailers = Pick<IncomingHead, 'raw' | 'parsed'>;

/**
 * The handler that a program gave to `dispatch`, whichever of undici's two protocols it speaks. `head` and `data`
 * give false where the program wants no more for now; it then calls `resume`.
 */
export interface Program {
  /** Does the reader of the body still have to take what it was given? Only undici's own handlers let that be seen. */
  readonly isBehind: boolean;
  /** Does it copy the bytes that it is given, as fetch does? Others may hand them to a program that changes them. */
  readonly copies: boolean;
  begin(control: Control, context: unknown): void;
  /** It was given up after its exchange had ended. */
  giveUp(): void;
  /** The first byte of a response has arrived; a replay says so in its upstream's place. */
  started(): void;
  head(head: IncomingHead): boolean;
  /** The connection is the program's own from here on. */
  upgrade(head: IncomingHead, socket: unknown): void;
  data(chunk: Uint8Array): boolean;
  end(trailers: IncomingTrailers): void;
  fail(error: unknown): void;
}

const givenUp = new WeakSet<Handler>();

/** Was a request with this handler given up after it had ended? What retries asks for it with the same one again. */
export function isGivenUp(handler: Handler): boolean {
  return givenUp.has(handler);
}

export function programOf(handler: Handler): Program {
  return isControllerHandler(handler) ? new ControllerProgram(handler) : new LegacyProgram(handler);
}

function isBehind(handler: Handler): boolean {
  return (bodyStream(handler)?.readableLength ?? 0) > 0;
}

class LegacyProgram implements Program {
  readonly #handler: LegacyHandler;
  #control: Control | undefined;

  constructor(handler: LegacyHandler) {
    this.#handler = handler;
  }

  get isBehind(): boolean {
    return isBehind(this.#handler);
  }

  get copies(): boolean {
    return copiesData(this.#handler);
  }

  begin(control: Control, context: unknown): void {
    this.#control = control;
    this.#handler.onConnect?.((reason) => control.abort(reason), context);
  }

  giveUp(): void {
    givenUp.add(this.#handler);
  }

  started(): void {
    this.#handler.onResponseStarted?.();
  }

  head({ statusCode, raw, statusText }: IncomingHead): boolean {
    const resume = () => this.#control?.resume();
    return this.#handler.onHeaders?.(statusCode, raw as RawHeaders, resume, statusText) !== false;
  }

  upgrade({ statusCode, raw }: IncomingHead, socket: unknown): void {
    this.#handler.onUpgrade?.(statusCode, raw as RawHeaders, socket);
  }

  data(chunk: Uint8Array): boolean {
    return this.#handler.onData?.(chunk) !== false;
  }

  end({ raw }: IncomingTrailers): void {
    this.#handler.onComplete?.(raw as RawHeaders);
  }

  fail(error: unknown): void {
    this.#handler.onError?.(error);
  }
}

class ControllerProgram implements Program {
  readonly #handler: ControllerHandler;
  #controller: ProgramController | null = null;

  constructor(handler: ControllerHandler) {
    this.#handler = handler;
  }

  get isBehind(): boolean {
    return isBehind(this.#handler);
  }

  get copies(): boolean {
    return copiesData(this.#handler);
  }

  begin(control: Control, context: unknown): void {
    this.#controller = new ProgramController(control);
    this.#handler.onRequestStart(this.#controller, context);
  }

  giveUp(): void {
    givenUp.add(this.#handler);
  }

  started(): void {
    this.#handler.onResponseStarted?.();
  }

  head({ statusCode, raw, statusText, parsed }: IncomingHead): boolean {
    const controller = this.#controller as ProgramController;
    controller.rawHeaders = raw;
    const headers = parsed ?? headerRecord(headerPairs(raw));
    this.#handler.onResponseStart?.(controller, statusCode, headers, statusText);
    return !controller.paused;
  }

  upgrade({ statusCode, raw, parsed }: IncomingHead, socket: unknown): void {
    const controller = this.#controller as ProgramController;
    controller.rawHeaders = raw;
    const headers = parsed ?? headerRecord(headerPairs(raw));
    this.#handler.onRequestUpgrade?.(controller, statusCode, headers, socket);
  }

  data(chunk: Uint8Array): boolean {
    const controller = this.#controller as ProgramController;
    this.#handler.onResponseData?.(controller, chunk);
    return !controller.paused;
  }

  end({ raw, parsed }: IncomingTrailers): void {
    const controller = this.#controller as ProgramController;
    controller.rawTrailers = raw;
    this.#handler.onResponseEnd?.(controller, parsed ?? headerRecord(headerPairs(raw)));
  }

  fail(error: unknown): void {
    this.#handler.onResponseError?.(this.#controller, error);
  }
}

class ProgramController implements Controller {
  readonly #control: Control;
  #paused = false;
  #aborted = false;
  #reason: unknown = null;
  rawHeaders: unknown = null;
  rawTrailers: unknown = null;

  constructor(control: Control) {
    this.#control = control;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (this.#paused) {
      this.#paused = false;
      this.#control.resume();
    }
  }

  abort(reason?: unknown): void {
    if (!this.#aborted) {
      this.#aborted = true;
      this.#reason = reason;
      this.#control.abort(reason);
    }
  }
}
