import { parseTime } from './clock.js';

/** One name and its value. Names may repeat; their order is kept. */
export type MetadataPair = readonly [name: string, value: string];

/** The first value of a name, if there is one. */
export function metadataValue(pairs: readonly MetadataPair[], name: string): string | undefined {
  return pairs.find((pair) => pair[0] === name)?.[1];
}

/**
 * What a recording says about itself in its interaction's metadata. Every field is optional on disk: a cassette
 * that was written by hand or by another tool has none of them, and counts as one session with one lane.
 */
export interface RecordingMetadata {
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
  /** When it was recorded, in milliseconds since 1970; undefined where nothing says so. */
  readonly recordedAtMs: number | undefined;
  /** Milliseconds from the dispatch to the first of the response. */
  readonly answeredAfterMs: number;
  /** Milliseconds from the dispatch to each chunk; undefined where they came evenly. */
  readonly chunksAfterMs: readonly number[] | undefined;
  /** Milliseconds from the dispatch to the end. */
  readonly endedAfterMs: number;
}

export function readRecordingMetadata(pairs: readonly MetadataPair[]): RecordingMetadata {
  const ended = metadataValue(pairs, 'ended');
  return Object.freeze({
    session: metadataValue(pairs, 'session') ?? '',
    lane: metadataValue(pairs, 'lane') ?? '',
    order: count(metadataValue(pairs, 'order')),
    nth: count(metadataValue(pairs, 'nth')),
    truncated: ended === 'truncated',
    failure: ended === 'failed' ? (metadataValue(pairs, 'error') ?? '') : undefined,
    // Few ask for it, and to parse it takes longer than all the rest.
    get recordedAtMs() {
      return parseTime(metadataValue(pairs, 'recorded_at') ?? '');
    },
    answeredAfterMs: count(metadataValue(pairs, 'answered_after_ms')) ?? 0,
    get chunksAfterMs() {
      return counts(metadataValue(pairs, 'chunks_after_ms'));
    },
    endedAfterMs: count(metadataValue(pairs, 'ended_after_ms')) ?? 0,
  });
}

function count(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function counts(value: string | undefined): readonly number[] | undefined {
  const all = value?.split(' ').map(count);
  return all?.every((one) => one !== undefined) ? all : undefined;
}
