import { type Charset, exactText, fitsCharset, isCharset, textBytes } from './charset.js';

/** Text in a cassette: a string, or the list of its lines where it has several. */
export type Lines = string | readonly string[];

/** A body of text, in UTF-8 where it names no charset. */
export interface TextForm {
  readonly text: Lines;
  readonly charset?: Charset;
}

/** The pieces of a body of text, each with its own lines. */
export interface ChunksForm {
  readonly chunks: readonly Lines[];
  readonly charset?: Charset;
}

export function textForm(text: string, charset: Charset): TextForm {
  return { text: byLines(text), ...(charset !== 'utf-8' && { charset }) };
}

/** A body of text piece by piece; undefined where a piece ends within a character. */
export function chunksForm(pieces: readonly Uint8Array[], charset: Charset): ChunksForm | undefined {
  const texts = pieces.map((piece) => exactText(piece, charset));
  return texts.every((text) => text !== undefined)
    ? { chunks: texts.map(byLines), ...(charset !== 'utf-8' && { charset }) }
    : undefined;
}

/**
 * The bytes of a text form, checked at once and made when they are asked for.
 *
 * @throws TypeError for something that is no text form.
 */
export function readText({ text, charset }: { text?: unknown; charset?: unknown }): () => Uint8Array {
  return readLines(text, '"text"', charset);
}

/**
 * The bytes of each piece, checked at once and made when they are asked for.
 *
 * @throws TypeError for something that is no such form.
 */
export function readChunks({
  chunks,
  charset,
}: {
  chunks?: unknown;
  charset?: unknown;
}): () => readonly Uint8Array[] {
  if (!Array.isArray(chunks)) {
    throw new TypeError('"chunks" of a body is not a list of texts');
  }
  const pieces = chunks.map((lines, index) => readLines(lines, `"chunks"[${index}] of a body`, charset));
  return () => pieces.map((piece) => piece());
}

function readLines(lines: unknown, name: string, charset: unknown = 'utf-8'): () => Uint8Array {
  const list: unknown[] = Array.isArray(lines) ? lines : [lines];
  if (!list.every((line) => typeof line === 'string')) {
    throw new TypeError(`${name} is neither a string nor a list of lines`);
  }
  if (!isCharset(charset)) {
    throw new TypeError(`unknown charset ${JSON.stringify(charset)}`);
  }
  if (!list.every((line) => fitsCharset(line, charset))) {
    throw new TypeError(`${name} holds characters that its charset, ${charset}, has not`);
  }
  return () => textBytes(list.join(''), charset);
}

function byLines(text: string): Lines {
  return text.includes('\n') ? text.split(/(?<=\n)/) : text;
}
