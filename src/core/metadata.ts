import { parseTime } from './clock.js';

/** One name and its value. Names may repeat; their order is kept. */
export type MetadataPair = readonly [name: string, value: string];

/** The first value of a name, if there is one. */
export function metadataValue(pairs: readonly MetadataPair[], name: string): string | undefined {
  for (const pair of pairs) {
    if (pair[0] === name) {
      return pair[1];
    }
  }
  return undefined;
}

/**
 * What a recording says about itself in its interaction's metadata. Every field is optional on disk: a cassette
 * that was written by hand or by another tool has none of them, and counts as one session with one lane.
 */
export class RecordingMetadata {
  /** The run of one root process that it was recorded in; '' where none is named. */
  readonly session: string;
  /** The scope entry or installation that it was recorded in; '' where none is named. */
  readonly lane: string;
  /** When its request was dispatched, counted within its lane; undefined where only its place in the file tells. */
  readonly order: number | undefined;
  /** Which of its lane's identical requests it answers, from 1, where equal recordings before it were collapsed. */
  readonly nth: number | undefined;
  /** True where the response was cut off by an abort, or by the end of the process. */
  readonly truncated: boolean;
  /** The error that the exchange ended with, as `describeFailure` gave it; undefined where it ended otherwise. */
  readonly failure: string | undefined;
  /** Milliseconds from the dispatch to the first of the response. */
  readonly answeredAfterMs: number;
  /** Milliseconds from the dispatch to the end. */
  readonly endedAfterMs: number;
  readonly #pairs: readonly MetadataPair[];

  constructor(pairs: readonly MetadataPair[]) {
    this.#pairs = pairs;
    this.session = metadataValue(pairs, 'session') ?? '';
    this.lane = metadataValue(pairs, 'lane') ?? '';
    this.order = count(metadataValue(pairs, 'order'));
    this.nth = count(metadataValue(pairs, 'nth'));
    const ended = metadataValue(pairs, 'ended');
    this.truncated = ended === 'truncated';
    this.failure = ended === 'failed' ? (metadataValue(pairs, 'error') ?? '') : undefined;
    this.answeredAfterMs = count(metadataValue(pairs, 'answered_after_ms')) ?? 0;
    this.endedAfterMs = count(metadataValue(pairs, 'ended_after_ms')) ?? 0;
    Object.freeze(this);
  }

  /** When it was recorded, in milliseconds since 1970; undefined where nothing says so. */
  get recordedAtMs(): number | undefined {
    // Few ask for it, and to parse it takes longer than all the rest.
    return parseTime(metadataValue(this.#pairs, 'recorded_at') ?? '');
  }

  /** Milliseconds from the dispatch to each chunk; undefined where they came evenly. */
  get chunksAfterMs(): readonly number[] | undefined {
    return counts(metadataValue(this.#pairs, 'chunks_after_ms'));
  }
}

function count(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function counts(value: string | undefined): readonly number[] | undefined {
  const all = value?.split(' ').map(count);
  return all?.every((one) => one !== undefined) ? all : undefined;
}
