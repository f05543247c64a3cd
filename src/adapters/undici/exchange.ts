import type { Pending } from './pending.js';
import type { Control, IncomingTrailers, Program } from './program.js';
import { RequestAbortedError } from './request-aborted-error.js';

/** Where an exchange gets its answer from: a look-up on its way, a recording, the upstream. */
export interface Source {
  /** The program has aborted. True where the source ends the exchange itself, with an error of its own. */
  abort(reason: unknown): boolean;
  /** The program wants more. */
  resume(): void;
}

const NO_SOURCE: Source = { abort: () => false, resume: () => {} };

/**
 * One request of a program, from its side: begins once, ends once, and tells its current source what the program
 * wants.
 */
export class Exchange {
  readonly program: Program;
  source: Source = NO_SOURCE;
  #begun = false;
  #ended = false;
  #aborted = false;
  #pending: Pending | undefined;

  constructor(program: Program) {
    this.program = program;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Tells the program that its request is on its way, which is when it gets the means to abort it. */
  begin(context: unknown): void {
    if (this.#begun) {
      return;
    }
    this.#begun = true;
    const control: Control = {
      abort: (reason) => {
        if (this.#ended) {
          this.program.giveUp();
        }
        this.abort(reason);
      },
      resume: () => {
        if (!this.#ended) {
          this.source.resume();
        }
      },
    };
    this.program.begin(control, context);
  }

  /** Binds the exchange to the dispatcher that was asked, until it ends or is left to the dispatcher itself. */
  bind(pending: Pending | undefined): void {
    this.#pending = pending;
    pending?.add(this);
  }

  unbind(): void {
    this.#pending?.delete(this);
    this.#pending = undefined;
  }

  /** Ends the exchange as its program, or the dispatcher that was asked, wants it to. */
  abort(reason: unknown): void {
    if (this.#ended || this.#aborted) {
      return;
    }
    this.#aborted = true;
    if (!this.source.abort(reason)) {
      this.fail(reason ?? new RequestAbortedError());
    }
  }

  /** Ends the exchange with an error, unless it has ended. */
  fail(error: unknown): void {
    if (!this.#ended) {
      this.#ended = true;
      this.unbind();
      this.#tell(error);
    }
  }

  /** Ends the exchange well. A handler that throws there is told of its own error, as undici does: it may retry. */
  end(trailers: IncomingTrailers): void {
    this.#ended = true;
    this.unbind();
    try {
      this.program.end(trailers);
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    try {
      this.program.fail(error);
    } catch {
      // An error in the handler of errors: nobody is left to be told, and no other request is to suffer.
    }
  }
}
