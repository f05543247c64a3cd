import { isUtf8 } from 'node:buffer';
import { describe } from '../../core/errors.js';
import type { Interaction } from '../../core/interaction.js';
import { decodeBody, isEncoded } from '../../http/coding/content-coding.js';
import { fieldsOf, readResponse } from '../../http/response.js';
import { isRecord } from '../shapes.js';
import type { Format, ImportOptions, Lost, Read } from './format.js';
import { har } from './har.js';
import { ImportError } from './import-error.js';
import { nock } from './nock.js';
import { polly } from './polly.js';
import { python } from './python.js';
import { snapshot } from './snapshot.js';

// Polly's recordings are archives, too.
const FORMATS = { polly, har, nock, snapshot, python } satisfies Record<string, Format>;

export type FormatName = keyof typeof FORMATS;

/** The formats that can be imported, in the order in which they are told apart. */
export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];

/** What was not carried over, of which entry, counted from 1. */
export interface LostOf extends Lost {
  readonly entry: number;
}

/** What a file of another tool holds, in the order in which it was recorded. */
export interface ImportedFile {
  readonly interactions: readonly Interaction[];
  readonly lost: readonly LostOf[];
}

/** A file with more entries is no recording that anybody reads. */
const MAX_ENTRIES = 100_000;

/** How much the compressed bodies of a file may hold together: more than that a cassette cannot hold either. */
const MAX_DECODED_TOTAL = 256 * 1024 * 1024;

/**
 * Reads a file of another tool. Nothing in it is trusted, and all of it is checked.
 *
 * @param name What the file is called in errors.
 * @param format Which format it has; recognised by its shape where left out.
 * @throws ImportError for a file that is not of that format, or of none that is known; it says which entry is wrong.
 */
export function importFile(
  bytes: Uint8Array,
  name: string,
  options: ImportOptions & { readonly format?: FormatName | undefined } = {},
): ImportedFile {
  const file = parsed(bytes, name);
  const format = FORMATS[options.format ?? recognised(file, name)];
  const entries = within(name, undefined, () => format.entries(file));
  if (entries.length > MAX_ENTRIES) {
    throw new ImportError(name, `it has ${entries.length} entries, more than ${MAX_ENTRIES}. Split it.`);
  }
  let decoded = 0;
  const all = entries.map((value, index) => {
    const entry = index + 1;
    return within(name, entry, () => {
      const read = format.read(value, options);
      for (const interaction of read.interactions) {
        decoded += checked(interaction);
      }
      if (decoded > MAX_DECODED_TOTAL) {
        const mebibytes = MAX_DECODED_TOTAL / 1024 / 1024;
        throw new RangeError(
          `up to here its bodies decompress to more than ${mebibytes} MiB. Split the file.`,
        );
      }
      return { entry, read };
    });
  });
  return {
    interactions: inOrder(all.map(({ read }) => read)).flatMap(({ interactions }) => interactions),
    lost: all.flatMap(({ entry, read }) => read.lost.map((one) => ({ entry, ...one }))),
  };
}

function parsed(bytes: Uint8Array, name: string): unknown {
  if (!isUtf8(bytes)) {
    throw new ImportError(name, 'it is not UTF-8.');
  }
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ImportError(name, `it is cut off, or not JSON (${describe(cause)}).`, undefined, { cause });
  }
}

function recognised(file: unknown, name: string): FormatName {
  if (isRecord(file) && Object.hasOwn(file, 'interposition')) {
    throw new ImportError(name, 'it is a cassette already. "interposition merge" joins cassettes.');
  }
  const found = FORMAT_NAMES.find((one) => FORMATS[one].recognises(file));
  if (found === undefined) {
    const names = FORMAT_NAMES.join('|');
    throw new ImportError(
      name,
      `it is of no format that is known. Where it is one of them, name it: --from ${names}`,
    );
  }
  return found;
}

/**
 * The interaction can be replayed.
 *
 * @returns How many bytes its body decompresses to.
 */
function checked(interaction: Interaction): number {
  const { responseChunks } = interaction;
  readResponse(interaction);
  const headers = fieldsOf('header', responseChunks);
  if (!isEncoded(headers)) {
    return 0;
  }
  const decoded = decodeBody([Buffer.concat(responseChunks.map(({ data }) => data))], headers);
  return decoded?.chunks[0]?.byteLength ?? 0;
}

function within<T>(file: string, entry: number | undefined, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const isTooDeep = cause instanceof RangeError && /call stack/.test(cause.message);
    throw new ImportError(file, isTooDeep ? 'it is nested too deeply.' : describe(cause), entry, { cause });
  }
}

function inOrder(all: readonly Read[]): readonly Read[] {
  const timed = all.filter(({ interactions }) => interactions.length > 0);
  return timed.every(({ startedAt }) => startedAt !== undefined)
    ? timed.toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0) || (a.order ?? 0) - (b.order ?? 0))
    : timed;
}
