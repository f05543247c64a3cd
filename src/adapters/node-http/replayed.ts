import { monotonicNow } from '../../core/clock.js';
import { reviveFailure } from '../../core/failure.js';
import type { Interaction } from '../../core/interaction.js';
import { type Latency, type Pace, paceOf, whenDue } from '../../core/pace.js';
import { Patience } from '../../core/patience.js';
import { holdOpen } from '../../core/playback.js';
import type { Exchange } from './exchange.js';
import { type ResponseBytes, responseBytes } from './response-bytes.js';

const NOTHING = new Uint8Array();

/** Answers a request from a recording. */
export class ReplayedSource {
  readonly #exchange: Exchange;
  readonly #interaction: Interaction;
  readonly #response: ResponseBytes;
  readonly #begun = monotonicNow();
  readonly #pace: Pace | undefined;
  #patience: Patience | undefined;
  #next = 0;
  #release: () => void = () => {};

  constructor(exchange: Exchange, interaction: Interaction, latency: Latency) {
    this.#exchange = exchange;
    this.#interaction = interaction;
    this.#response = responseBytes(interaction);
    this.#pace = paceOf(latency, interaction);
  }

  /** @param continued Was the program told to go on with its body? It is not told twice. */
  start(continued: boolean): void {
    const { socket } = this.#exchange;
    socket.whenDestroyed(() => this.#release());
    const failure = this.#connectFailure();
    if (failure !== undefined) {
      socket.staysUnconnected();
      this.#whenDue(this.#pace?.head, () => this.#exchange.fail(failure));
      return;
    }
    const { interim, head } = this.#response;
    const untold = continued && interim[0]?.statusCode === 100 ? interim.slice(1) : interim;
    this.#whenDue(this.#pace?.head, () =>
      socket.whenConnected(() => {
        for (const { bytes } of untold) {
          socket.give(bytes);
        }
        this.#begin(head);
      }),
    );
  }

  /** The error, where the recorded exchange never came to a connection. */
  #connectFailure(): NodeJS.ErrnoException | undefined {
    const { failure } = this.#interaction.recording;
    const error: NodeJS.ErrnoException | undefined =
      failure === undefined ? undefined : reviveFailure(failure);
    return ['connect', 'getaddrinfo'].includes(error?.syscall ?? '') ? error : undefined;
  }

  #begin(head: Uint8Array): void {
    if (this.#pace === undefined || this.#nextDue === this.#pace.head) {
      this.#advance(head);
    } else {
      this.#give(head);
      this.#whenDue(this.#nextDue, () => this.#advance(NOTHING));
    }
  }

  /** @param first What goes before the next chunk, and together with it. */
  #advance(first: Uint8Array): void {
    const { socket } = this.#exchange;
    const { body, end } = this.#response;
    const chunk = body[this.#next++] ?? NOTHING;
    const isLast = this.#next >= body.length;
    if (isLast && this.#pace === undefined && this.#endedWell) {
      this.#give(first, chunk, end);
      this.#finish();
      return;
    }
    this.#give(first, chunk);
    this.#afterChunk(() =>
      socket.whenWanted(() => {
        if (isLast) {
          this.#give(this.#endedWell ? end : NOTHING);
          this.#finish();
        } else {
          this.#advance(NOTHING);
        }
      }),
    );
  }

  /** Gives the parts together, and a copy of them: the program may write into what it gets. */
  #give(...parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    if (bytes.byteLength > 0 && !this.#exchange.socket.destroyed) {
      this.#exchange.socket.give(bytes);
    }
  }

  #afterChunk(goOn: () => void): void {
    if (this.#pace === undefined) {
      // A turn of the event loop a chunk: an async iterator joins what comes in one.
      this.#patience ??= new Patience(() => this.#isBehind);
      this.#patience.whenTaken(goOn);
    } else {
      this.#whenDue(this.#nextDue, goOn);
    }
  }

  /** Does the program still have to take what it was given? */
  get #isBehind(): boolean {
    const { request, socket } = this.#exchange;
    return !socket.destroyed && (request.res?.readableLength ?? 0) > 0;
  }

  /** When the next chunk is due, or the end; undefined where nothing waits. */
  get #nextDue(): number | undefined {
    const { length } = this.#response.body;
    return this.#next < length ? this.#pace?.chunk(this.#next, length) : this.#pace?.end;
  }

  #whenDue(due: number | undefined, callback: () => void): void {
    if (due === undefined) {
      callback();
    } else {
      this.#release = whenDue(this.#begun, due, callback);
    }
  }

  get #endedWell(): boolean {
    const { failure, truncated } = this.#interaction.recording;
    return failure === undefined && !truncated;
  }

  #finish(): void {
    const { socket } = this.#exchange;
    const { failure, truncated } = this.#interaction.recording;
    if (socket.destroyed) {
      return;
    }
    if (failure !== undefined) {
      this.#cut(reviveFailure(failure));
    } else if (truncated) {
      this.#release = holdOpen(this.#interaction, this.#begun, (error) => this.#exchange.fail(error));
    } else if (this.#response.endsWithConnection) {
      socket.push(null);
    }
  }

  #cut(error: NodeJS.ErrnoException): void {
    const isCutInBody = this.#exchange.request.res !== null && error.code === 'ECONNRESET';
    if (isCutInBody && error.message === 'aborted') {
      // What node makes of a connection that closes too soon; it does so again.
      this.#exchange.socket.destroy();
    } else {
      this.#exchange.fail(error);
    }
  }
}
