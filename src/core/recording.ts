import { monotonicNow } from './clock.js';
import type { InteractionRequest, ResponseChunk } from './interaction.js';
import type { MetadataPair } from './metadata.js';
import { unevenTimes } from './pace.js';

/** What is known of a request when it is dispatched: all but its body, which may still be streaming. */
export type RequestHead = Omit<InteractionRequest, 'body'>;

/** How a recorded exchange ended: to its end, cut off by the program or the exit, or with an error of the upstream. */
export type Outcome = 'whole' | 'truncated' | 'failed';

/** What a Recording needs of its Broker. */
export interface RecordingHost {
  /** Adds the recording to the cassette and saves it. Rejects with CassetteSaveError. */
  commit(recording: Recording, outcome: Outcome): Promise<void>;
  /** The recording has its request, and its answer is on its way. */
  known(recording: Recording): void;
  /** Forgets the recording. */
  forget(recording: Recording): void;
  /** How many bytes a response may have. */
  readonly maxBodySize: number;
  /** The error for a response that has more. */
  tooLarge(head: RequestHead): Error;
}

interface Part {
  readonly pieces: Uint8Array[];
  readonly metadata: MetadataPair[];
  /** When the first of its data came; of what has none, when it came itself. */
  at: number;
}

/**
 * An exchange that is being recorded: the adapter tells what arrives, and how it ended. It ends once; whatever is
 * told afterwards is ignored.
 */
export class Recording {
  readonly head: RequestHead;
  /** Its place among the requests of its lane, reserved when it was dispatched. */
  readonly order: number;
  /** True once the program was told of the failed save by its own request. */
  surfaced = false;

  readonly #host: RecordingHost;
  readonly #begun = monotonicNow();
  readonly #parts: Part[] = [];
  #request: InteractionRequest | undefined;
  #lastActivity = this.#begun;
  #answeredAfterMs: number | undefined;
  #endedAfterMs = 0;
  #size = 0;
  #responseChunks: readonly ResponseChunk[] = [];
  #error: unknown;
  #ending: Promise<void> | undefined;
  #finish!: () => void;
  #failure: unknown;

  /** Resolves, never rejects, when the recording is saved, failed or forgotten. */
  readonly settled = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  constructor(host: RecordingHost, head: RequestHead, order: number) {
    this.#host = host;
    this.head = head;
    this.order = order;
  }

  /** The whole request, once its body is known. */
  get request(): InteractionRequest | undefined {
    return this.#request;
  }

  set request(request: InteractionRequest | undefined) {
    this.#request = request;
    this.#host.known(this);
  }

  /** How many bytes the response may have. */
  get maxBodySize(): number {
    return this.#host.maxBodySize;
  }

  /** Is the response still coming in? */
  get open(): boolean {
    return this.#ending === undefined;
  }

  /** Why the save failed, where it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Milliseconds since anything was told of this exchange. */
  get idleMs(): number {
    return monotonicNow() - this.#lastActivity;
  }

  /** Milliseconds from the dispatch to the first of the response; undefined where nothing has arrived. */
  get answeredAfterMs(): number | undefined {
    return this.#answeredAfterMs;
  }

  /** Milliseconds from the dispatch to the end. */
  get endedAfterMs(): number {
    return this.#endedAfterMs;
  }

  /** Milliseconds from the dispatch to each chunk; undefined where they came evenly. */
  get chunksAfterMs(): readonly number[] | undefined {
    const times = this.#parts.map(({ at }) => Math.round(at - this.#begun));
    return unevenTimes(times, this.#answeredAfterMs ?? 0, this.#endedAfterMs);
  }

  /** What the upstream failed with, where that is recorded. */
  get error(): unknown {
    return this.#error;
  }

  /** The response as chunks, once it has ended; one empty chunk where nothing has arrived. */
  get responseChunks(): readonly ResponseChunk[] {
    return this.#responseChunks;
  }

  /**
   * Takes what arrived, a copy of it: as a chunk of its own, or as the continuation of the last one.
   *
   * @throws BodyTooLargeError where that is more than may be recorded: the exchange is to be ended. Nothing of it is kept.
   */
  add(data: Uint8Array, metadata: readonly MetadataPair[] = [], continues = false): void {
    if (!this.open) {
      return;
    }
    this.#size += data.byteLength;
    if (this.#size > this.#host.maxBodySize) {
      this.discard();
      this.#parts.length = 0;
      throw this.#host.tooLarge(this.head);
    }
    this.#lastActivity = monotonicNow();
    this.#answeredAfterMs ??= Math.round(this.#lastActivity - this.#begun);
    const last = this.#parts.at(-1);
    const part =
      continues && last !== undefined ? last : { pieces: [], metadata: [], at: this.#lastActivity };
    if (part !== last) {
      this.#parts.push(part);
    }
    if (data.byteLength > 0) {
      if (part.pieces.length === 0) {
        part.at = this.#lastActivity;
      }
      // Not `slice`: a Buffer's shares its memory.
      part.pieces.push(new Uint8Array(data));
    }
    part.metadata.push(...metadata);
  }

  /**
   * The response is whole. Resolves when it is saved.
   *
   * @throws CassetteSaveError where it could not be saved.
   */
  end(): Promise<void> {
    return this.#end('whole');
  }

  /**
   * The exchange was cut off: what has arrived is the recording. Resolves when it is saved.
   *
   * @throws CassetteSaveError where it could not be saved.
   */
  truncate(): Promise<void> {
    return this.#end('truncated');
  }

  /**
   * The upstream failed, and that is part of the recording. Resolves when it is saved.
   *
   * @throws CassetteSaveError where it could not be saved.
   */
  fail(error: unknown): Promise<void> {
    this.#error = error;
    return this.#end('failed');
  }

  /** The upstream failed: nothing is recorded. */
  discard(): void {
    if (this.open) {
      this.#ending = Promise.resolve();
      this.#host.forget(this);
      this.#finish();
    }
  }

  #end(outcome: Outcome): Promise<void> {
    if (this.#ending === undefined) {
      this.#endedAfterMs = Math.round(monotonicNow() - this.#begun);
      this.#responseChunks = chunksOf(this.#parts);
      this.#ending = this.#commit(outcome).then(this.#finish, (error: unknown) => {
        this.#failure = error;
        this.#finish();
        throw error;
      });
      // Whoever waits for the end hears of the failure; `settled` and `failure` are there for the others.
      this.#ending.catch(() => {});
    }
    return this.#ending;
  }

  // The host's part up to the save runs at once; a matching policy that throws there is a rejection like any other.
  #commit(outcome: Outcome): Promise<void> {
    try {
      return this.#host.commit(this, outcome);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

function chunksOf(parts: readonly Part[]): ResponseChunk[] {
  const some: readonly Omit<Part, 'at'>[] = parts.length === 0 ? [{ pieces: [], metadata: [] }] : parts;
  return some.map(({ pieces, metadata }, sequence) => ({ data: joined(pieces), sequence, metadata }));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : new Uint8Array(Buffer.concat(pieces));
}

/** The recordings begun in one scope or installation, and the errors that it has to tell of. */
export class RecordingGroup {
  readonly #recordings = new Set<Recording>();
  readonly #failures: unknown[] = [];
  #late: ((failure: unknown) => void) | undefined;

  add(recording: Recording): void {
    this.#recordings.add(recording);
    void recording.settled.then(() => {
      this.#recordings.delete(recording);
      if (recording.failure !== undefined && !recording.surfaced) {
        this.fail(recording.failure);
      }
    });
  }

  /** Takes an error that nothing of the program's can be told of. */
  fail(error: unknown): void {
    (this.#late ?? ((failure) => this.#failures.push(failure)))(error);
  }

  /** Does nobody wait for it any more? */
  get closed(): boolean {
    return this.#late !== undefined;
  }

  /** The recordings that are not settled yet. */
  get pending(): readonly Recording[] {
    return [...this.#recordings];
  }

  /**
   * Nobody waits for the group any more: gives the errors that no request surfaced.
   *
   * @param late Gets those that come afterwards.
   */
  close(late: (failure: unknown) => void): readonly unknown[] {
    this.#late = late;
    return this.#failures.splice(0);
  }
}
