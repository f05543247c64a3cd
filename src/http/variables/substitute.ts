import { isAscii, isUtf8 } from 'node:buffer';
import type { HeaderPair, ResponseChunk } from '../../core/interaction.js';
import type { MetadataPair } from '../../core/metadata.js';
import { decodeBody, encodeBody, isEncoded } from '../coding/content-coding.js';
import { headerValue } from '../headers.js';
import { fieldsOf } from '../response.js';
import { type Edit, edited } from './needles.js';
import type { Replacements } from './replacements.js';
import { textEdits } from './text-edits.js';

/** Headers that say how a message is made; a value in them only looks like another. */
const FRAMING = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const URL_HEADERS = new Set(['location', 'content-location']);

/** The URL with other values, percent-encoded. */
export function substituteTarget(target: string, replacements: Replacements): string {
  return edited(target, replacements.edits(target, 'url'));
}

/** The headers with other values; the same list where there is nothing to replace. */
export function substituteHeaders(
  headers: readonly HeaderPair[],
  replacements: Replacements,
): readonly HeaderPair[] {
  return changed(headers, (pair) => {
    const value = substituteHeader(pair[0], pair[1], replacements);
    return value === pair[1] ? pair : [pair[0], value];
  });
}

/** The chunks with other values, in their headers, trailers and body; the same list where there is nothing to replace. */
export function substituteChunks(
  chunks: readonly ResponseChunk[],
  replacements: Replacements,
): readonly ResponseChunk[] {
  const body = chunks.map((chunk) => chunk.data);
  const next = substituteBody(body, fieldsOf('header', chunks), replacements);
  return changed(chunks, (chunk, index) => {
    const metadata = chunk.metadata && changed(chunk.metadata, (pair) => substitutePair(pair, replacements));
    const data = next[index] ?? chunk.data;
    return data === chunk.data && metadata === chunk.metadata
      ? chunk
      : { ...chunk, data, ...(metadata && { metadata }) };
  });
}

/**
 * A body with other values, in as many chunks, without and with a content coding; the same list where there is nothing
 * to replace. A value that is split between chunks comes whole with the first of them. Only text is touched: what has
 * control characters or is no UTF-8 has lengths and checksums inside, unless the headers call it text.
 */
export function substituteBody(
  chunks: readonly Uint8Array[],
  headers: readonly HeaderPair[],
  replacements: Replacements,
): readonly Uint8Array[] {
  if (!isEncoded(headers)) {
    return substitutePlain(chunks, headers, replacements);
  }
  const decoded = decodeBody(chunks, headers);
  if (decoded === undefined) {
    return chunks;
  }
  const next = substitutePlain(decoded.chunks, headers, replacements);
  return next === decoded.chunks ? chunks : encodeBody({ ...decoded, chunks: next });
}

function substitutePlain(
  chunks: readonly Uint8Array[],
  headers: readonly HeaderPair[],
  replacements: Replacements,
): readonly Uint8Array[] {
  const bytes = Buffer.concat(chunks);
  const encoding = encodingOf(bytes, headers);
  if (encoding === undefined) {
    return chunks;
  }
  const text = bytes.toString(encoding);
  // What was ASCII stays ASCII: it may be read in any charset.
  const isPlain = encoding === 'latin1' || isAscii(bytes);
  const edits = textEdits(text, replacements, isPlain).filter(
    (edit) => encoding === 'utf8' || isLatin1(edit.text),
  );
  return edits.length === 0 ? chunks : editChunks(chunks, bytes, inBytes(text, edits, encoding));
}

type Encoding = 'utf8' | 'latin1';

function encodingOf(bytes: Buffer, headers: readonly HeaderPair[]): Encoding | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (bytes.byteLength === 0 || /[\0-\x08\x0b\x0e-\x1f\x7f]/.test(bytes.toString('latin1'))) {
    return undefined;
  }
  if (isUtf8(bytes)) {
    return 'utf8';
  }
  const type = headerValue(headers, 'content-type') ?? '';
  return /^\s*(?:text\/|application\/(?:json|xml)\b)/i.test(type) ? 'latin1' : undefined;
}

/** An edit by places in bytes. */
interface ByteEdit {
  readonly start: number;
  readonly end: number;
  readonly data: Uint8Array;
}

function inBytes(text: string, edits: readonly Edit[], encoding: Encoding): ByteEdit[] {
  let [at, bytesAt] = [0, 0];
  return edits.map((edit) => {
    const start = bytesAt + Buffer.byteLength(text.slice(at, edit.start), encoding);
    const end = start + Buffer.byteLength(text.slice(edit.start, edit.end), encoding);
    [at, bytesAt] = [edit.end, end];
    return { start, end, data: Buffer.from(edit.text, encoding) };
  });
}

function editChunks(
  chunks: readonly Uint8Array[],
  whole: Uint8Array,
  edits: readonly ByteEdit[],
): Uint8Array[] {
  let end = 0;
  let at = 0;
  let next = 0;
  return chunks.map((chunk) => {
    end += chunk.byteLength;
    const parts: Uint8Array[] = [];
    for (let edit = edits[next]; edit !== undefined && edit.start < end; edit = edits[++next]) {
      parts.push(whole.subarray(at, edit.start), edit.data);
      at = edit.end;
    }
    parts.push(whole.subarray(at, Math.max(at, end)));
    at = Math.max(at, end);
    return new Uint8Array(Buffer.concat(parts));
  });
}

function substitutePair(pair: MetadataPair, replacements: Replacements): MetadataPair {
  const name = /^(?:interim:)?(?:header|trailer):(.*)$/s.exec(pair[0])?.[1];
  const value = name === undefined ? pair[1] : substituteHeader(name, pair[1], replacements);
  return value === pair[1] ? pair : [pair[0], value];
}

function substituteHeader(name: string, value: string, replacements: Replacements): string {
  const lower = name.toLowerCase();
  if (FRAMING.has(lower)) {
    return value;
  }
  const text = wireText(value);
  const setting = URL_HEADERS.has(lower) ? 'url' : 'text';
  const next = replacements.whole(text) ?? edited(text, replacements.edits(text, setting));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header that holds them is not one header
  return next === text || /[\0-\x08\x0a-\x1f\x7f]/.test(next) ? value : Buffer.from(next).toString('latin1');
}

/** The text of a header value that holds one character a byte: UTF-8 where it is, else as it stands. */
export function wireText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}

function isLatin1(text: string): boolean {
  return !/[^\0-\xff]/.test(text);
}

/** The list with its items changed; the same list where none is. */
function changed<T>(list: readonly T[], change: (item: T, index: number) => T): readonly T[] {
  const next = list.map(change);
  return next.every((item, index) => item === list[index]) ? list : next;
}
