import type { SessionEntry } from './broker-options.js';
import type { Cassette } from './cassette.js';
import { isoNow, setImmediate } from './clock.js';
import { BodyTooLargeError, describe } from './errors.js';
import { describeFailure } from './failure.js';
import { fingerprint } from './fingerprint.js';
import { Interaction, type InteractionRequest, type ResponseChunk } from './interaction.js';
import type { MetadataPair } from './metadata.js';
import { isSamePairs } from './pairs.js';
import type { Policy } from './policy.js';
import type { Recall } from './recall.js';
import { type Outcome, Recording, type RecordingGroup, type RequestHead } from './recording.js';
import type { Saver } from './saver.js';
import type { Playback } from './story.js';
import { type Turns, turnName } from './turns.js';

/** What a Recorder works with. */
export interface RecorderParts {
  /** How many bytes a response may have. */
  readonly maxBodySize: number;
  readonly policy: Policy;
  readonly playback: Playback;
  readonly session: SessionEntry;
  /** Where what is recorded is found again. */
  readonly recall: Recall;
  readonly turns: Turns;
  readonly saver: Saver;
  warn(message: string): void;
}

/** Grows a Broker's cassette by what is recorded, and has every version of it saved. */
export class Recorder {
  readonly #parts: RecorderParts;
  #cassette: Cassette;
  #recorded = 0;
  /** By match key: the places of the requests whose recordings were collapsed. */
  readonly #collapsed = new Map<string, number[]>();
  /** Those that are not in the cassette, and may yet be. */
  readonly #open = new Set<Recording>();
  /** Of these the ones that have ended and are being prepared, with what puts them into the cassette at once. */
  readonly #preparing = new Map<Recording, () => void>();
  /** By what is stored of a request: a hash of the request as it was made. It is never stored. */
  readonly #secrets = new Map<string, string>();
  /** The recordings that failed to be saved, and whose readers may have left before they were told. */
  readonly #untold = new Set<Recording>();

  constructor(cassette: Cassette, parts: RecorderParts) {
    this.#cassette = cassette;
    this.#parts = parts;
  }

  /** The cassette as it is now. In the course of a refresh it still holds what `close` will drop. */
  get cassette(): Cassette {
    return this.#cassette;
  }

  /** How many interactions were recorded. */
  get recorded(): number {
    return this.#recorded;
  }

  /**
   * Begins a recording.
   *
   * @param order The place that was reserved for the request.
   * @param group Who waits for the recording to settle.
   */
  begin(head: RequestHead, order: number, group?: RecordingGroup): Recording {
    const recording = new Recording(
      {
        known: (begun) => this.#prepareRequest(begun),
        commit: (ended, outcome) => this.#prepared(ended, outcome),
        forget: (ended) => this.#open.delete(ended),
        maxBodySize: this.#parts.maxBodySize,
        tooLarge: ({ action, target }) =>
          new BodyTooLargeError(`${action} ${this.#parts.policy.text(target)}`, this.#parts.maxBodySize),
      },
      head,
      order,
    );
    this.#open.add(recording);
    group?.add(recording);
    return recording;
  }

  /** Nobody waits for this recording but its reader, who may leave: a failure of its save is told at the end. */
  tellAtTheEnd(recording: Recording): void {
    void recording.settled.then(() => {
      if (recording.failure !== undefined) {
        this.#untold.add(recording);
      }
    });
  }

  /**
   * Ends the session: drops what it superseded from the store, in one save. Waits for what has ended before.
   *
   * @throws CassetteSaveError where the save fails.
   */
  async close(): Promise<void> {
    while (this.#preparing.size > 0) {
      await Promise.all([...this.#preparing.keys()].map(({ settled }) => settled));
    }
    const told = this.#wasTold();
    this.#compact();
    await this.#save().catch((error: unknown) => {
      if (!told) {
        throw error;
      }
    });
    await this.#parts.saver.flush();
  }

  /**
   * The same at the exit of the process: writes the exchanges that are still open as truncated, where the store can.
   *
   * @throws CassetteSaveError where the save fails.
   */
  closeSync(): void {
    for (const recording of this.#open) {
      void recording.truncate();
      this.#preparing.get(recording)?.();
    }
    const told = this.#wasTold();
    this.#compact();
    try {
      this.#parts.saver.saveSync(this.#cassette);
    } catch (error) {
      if (!told) {
        throw error;
      }
    }
  }

  /** When the request has gone out: while its answer is on its way, nobody waits for this. */
  #prepareRequest(recording: Recording): void {
    setImmediate(() => {
      if (recording.open && recording.request !== undefined) {
        try {
          this.#parts.policy.prepareRequest?.(recording.request);
        } catch {
          // It will throw again where its request hears of it.
        }
      }
    });
  }

  /** Commits the recording: at once where the policy has nothing to prepare, else when that is done or has failed. */
  #prepared(recording: Recording, outcome: Outcome): Promise<void> {
    const preparing =
      recording.request === undefined ? undefined : this.#parts.policy.prepare?.(recording.responseChunks);
    if (preparing === undefined) {
      return this.#commit(recording, outcome);
    }
    return new Promise((resolve) => {
      const commit = () => {
        if (this.#preparing.delete(recording)) {
          resolve(this.#commit(recording, outcome));
        }
      };
      this.#preparing.set(recording, commit);
      preparing.then(commit, commit);
    });
  }

  // Synchronous up to the save, so that `closeSync` has everything in the cassette when it writes.
  async #commit(recording: Recording, outcome: Outcome): Promise<void> {
    this.#open.delete(recording);
    if (recording.request === undefined) {
      if (outcome !== 'truncated') {
        this.#parts.warn(
          `${recording.head.action} ${recording.head.target} was not recorded: ` +
            'its exchange ended before its request body was sent.',
        );
      }
      return;
    }
    this.#parts.policy.refresh?.();
    // The answer may give away what stands in the request: so that is asked for again.
    const asked = this.#parts.policy.request(recording.request);
    const responseChunks = this.#parts.policy.response(recording.responseChunks, asked);
    const found = this.#parts.recall.exactly(recording.request);
    const { request, key, story } = found;
    const sequence = this.#parts.playback === 'sequence';
    // A part of this session's own story keeps its place in it.
    if (
      outcome === 'truncated' &&
      story?.hasWhole &&
      !(sequence && story.session === this.#parts.session.id)
    ) {
      return this.#save();
    }
    const lane = story?.lane(this.#parts.session.id, this.#parts.session.lane) ?? [];
    const collapsed = this.#collapsed.get(key) ?? [];
    if (
      sequence &&
      outcome === 'whole' &&
      // In this order: the second one looks at every exchange that is open.
      repeatsLast(lane, recording, responseChunks) &&
      !this.#awaitsEarlier(recording, key)
    ) {
      this.#collapsed.set(key, collapsed);
      collapsed.splice(countBelow(collapsed, recording.order), 0, recording.order);
      return this.#save();
    }
    const doubt = this.#parts.policy.doubt?.(recording.request);
    if (doubt !== undefined) {
      this.#parts.warn(doubt);
    }
    const metadata = this.#metadata(recording, outcome, lane, countBelow(collapsed, recording.order));
    const interaction = new Interaction({ request, responseChunks, metadata });
    if (this.#parts.policy.accepts?.(interaction) === false) {
      return;
    }
    this.#warnOfConflict(lane, request);
    this.#warnOfLikeness(key, recording.request, request);
    this.#parts.recall.addRecorded(found, interaction);
    this.#cassette = this.#cassette.append(interaction);
    this.#recorded++;
    return this.#save();
  }

  #warnOfConflict(lane: readonly Interaction[], request: InteractionRequest): void {
    const earlier = lane.at(-1);
    const conflict = earlier && this.#parts.policy.conflict?.(earlier.request, request);
    if (conflict !== undefined) {
      this.#parts.warn(conflict);
    }
  }

  /** Two requests that differed in what is not stored: the cassette cannot tell which answer belongs to which. */
  #warnOfLikeness(key: string, made: InteractionRequest, stored: InteractionRequest): void {
    const identity = (one: InteractionRequest) => this.#parts.policy.identity?.(one) ?? [];
    const [given, kept] = [identity(made), identity(stored)];
    const isKept =
      made.target === stored.target &&
      Buffer.compare(made.body, stored.body) === 0 &&
      isSamePairs(given, kept);
    if (isKept) {
      return;
    }
    const whole = `${key} ${fingerprint({ ...stored, headers: kept })}`;
    const secret = fingerprint({ ...made, headers: given });
    const earlier = this.#secrets.get(whole);
    this.#secrets.set(whole, secret);
    if (earlier !== undefined && earlier !== secret) {
      this.#parts.warn(
        `${stored.action} ${stored.target} was recorded with different secrets of which the cassette keeps nothing ` +
          'that tells them apart: replay gives one answer after the other, whichever is asked with. Where the answers ' +
          'are not to be mixed up, record them in cassettes of their own.',
      );
    }
  }

  /** Is a request that may be identical, and was dispatched before, still on its way? */
  #awaitsEarlier({ head, order }: Recording, key: string): boolean {
    const name = turnName(head);
    return (
      this.#parts.turns.waiting(head) ||
      [...this.#open].some(
        (other) =>
          other.order < order &&
          (other.request === undefined
            ? turnName(other.head) === name
            : this.#parts.policy.key(this.#parts.policy.request(other.request)) === key),
      )
    );
  }

  #metadata(
    recording: Recording,
    outcome: Outcome,
    lane: readonly Interaction[],
    collapsed: number,
  ): MetadataPair[] {
    const pairs: MetadataPair[] = [
      ['recorded_at', isoNow()],
      ['session', this.#parts.session.id],
      ['lane', this.#parts.session.lane],
      ['order', String(recording.order)],
    ];
    if (collapsed > 0) {
      const before = countBelow(lane, recording.order, (earlier) => earlier.recording.order ?? 0);
      pairs.push(['nth', String(before + collapsed + 1)]);
    }
    pairs.push(['ended', outcome]);
    if (outcome === 'failed') {
      pairs.push(['error', describeFailure(recording.error, (text) => this.#parts.policy.text(text))]);
    }
    if (recording.answeredAfterMs !== undefined) {
      pairs.push(['answered_after_ms', String(recording.answeredAfterMs)]);
    }
    const { chunksAfterMs } = recording;
    if (chunksAfterMs !== undefined) {
      pairs.push(['chunks_after_ms', chunksAfterMs.join(' ')]);
    }
    pairs.push(['ended_after_ms', String(recording.endedAfterMs)]);
    return pairs;
  }

  #compact(): void {
    const compact = this.#cassette.without(this.#parts.recall.replaced());
    if (compact === this.#cassette) {
      return;
    }
    try {
      if (compact.source === undefined) {
        // What is in memory is rewritten whole.
        void compact.interactions;
      }
      this.#cassette = compact;
    } catch (error) {
      // What was recorded is saved all the same.
      this.#parts.warn(`what this session recorded anew is in the cassette twice. ${describe(error)}`);
    }
  }

  async #save(): Promise<void> {
    await this.#parts.saver.save(this.#cassette, this.#open.size > 0);
    this.#untold.clear();
  }

  /** Did the last save fail, and do all know who have something in it? */
  #wasTold(): boolean {
    return this.#parts.saver.failed === this.#cassette && [...this.#untold].every(({ surfaced }) => surfaced);
  }
}

/**
 * How many entries of an ascending list are below a limit. Counted from the end: what ends now was mostly dispatched
 * last, so that it costs the same however long the list is.
 */
function countBelow<T>(list: readonly T[], limit: number, placeOf = Number as (entry: T) => number): number {
  let count = list.length;
  while (count > 0 && placeOf(list[count - 1] as T) >= limit) {
    count--;
  }
  return count;
}

/** Is the response the same as the lane's last one, with no later request in between? */
function repeatsLast(
  lane: readonly Interaction[],
  recording: Recording,
  chunks: readonly ResponseChunk[],
): boolean {
  const last = lane.at(-1);
  return (
    last !== undefined &&
    !last.recording.truncated &&
    last.recording.failure === undefined &&
    (last.recording.order ?? 0) < recording.order &&
    last.responseChunks.length === chunks.length &&
    last.responseChunks.every((chunk, index) => sameChunk(chunk, chunks[index] as ResponseChunk))
  );
}

function sameChunk(a: ResponseChunk, b: ResponseChunk): boolean {
  return (
    Buffer.compare(a.data, b.data) === 0 &&
    JSON.stringify(a.metadata ?? []) === JSON.stringify(b.metadata ?? [])
  );
}
