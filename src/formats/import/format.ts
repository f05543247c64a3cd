import type { Interaction } from '../../core/interaction.js';

/** Something that an entry holds, or lacks, and that its interactions cannot show. */
export interface Lost {
  /** `entry` where the whole of it is left out, else what of it. */
  readonly what: string;
  readonly why: string;
}

/** What has been made of an entry of a file. */
export interface Read {
  /** None where the entry is left out. */
  readonly interactions: readonly Interaction[];
  readonly lost: readonly Lost[];
  /** Entries go in the order of their times, in ms, and then of their `order`; in that of the file where one has none. */
  readonly startedAt?: number | undefined;
  readonly order?: number;
}

export interface ImportOptions {
  /** What targets without an origin are relative to. */
  readonly baseUrl?: string | undefined;
}

/** How the files of another tool are read. What is thrown is about the entry, or the file as a whole. */
export interface Format {
  /** Is it a file of that tool? Looks at its shape alone. */
  readonly recognises: (file: unknown) => boolean;
  readonly entries: (file: unknown) => readonly unknown[];
  readonly read: (entry: unknown, options: ImportOptions) => Read;
}

/** An entry that is left out. */
export function leftOut(why: string): Read {
  return { interactions: [], lost: [{ what: 'entry', why }] };
}
