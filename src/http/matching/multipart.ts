import type { HeaderPair } from '../../core/interaction.js';

/** A part as it stands in a multipart body. Header values hold one character a byte. */
export interface RawPart {
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

/** The boundary that a multipart `content-type` names (RFC 2046, section 5.1.1). */
export function multipartBoundary(contentType: string | undefined): string | undefined {
  if (contentType === undefined || !/^\s*multipart\//i.test(contentType)) {
    return undefined;
  }
  const match = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * The parts of a multipart body (RFC 2046, section 5.1); undefined where it is not well formed. What stands before the
 * first delimiter and behind the last one is no part.
 *
 * @param named The boundary that the `content-type` names, if any. A body that does not hold it may have another: fetch
 * encodes a form anew when it follows a redirect with it, and leaves the `content-type` as it was.
 */
export function parseMultipart(body: Uint8Array, named?: string): RawPart[] | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const boundary = named !== undefined && text.includes(`--${named}`) ? named : ownBoundary(text);
  if (boundary === undefined) {
    return undefined;
  }
  const mark = `--${boundary}`;
  const parts: RawPart[] = [];
  let start: number | undefined;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) {
    const line = lineEnd(text, at, mark);
    if (line === undefined) {
      continue;
    }
    if (start !== undefined) {
      const end = at - (text[at - 2] === '\r' ? 2 : 1);
      const part = readPart(text, body, start, Math.max(start, end));
      if (part === undefined) {
        return undefined;
      }
      parts.push(part);
    }
    if (line.closes) {
      // A form without fields is its closing delimiter alone.
      return parts.length === 0 && at > 0 ? undefined : parts;
    }
    start = line.end;
  }
  return undefined;
}

function ownBoundary(text: string): string | undefined {
  const boundary = /^--([^\r\n]+)\r?\n/.exec(text)?.[1];
  return boundary !== undefined && text.trimEnd().endsWith(`--${boundary}--`) ? boundary : undefined;
}

const REST_OF_LINE = /(--)?[ \t]*(?:\r?\n|$)/y;

/** The delimiter line that the mark at `at` begins; undefined where that is no such line, but content. */
function lineEnd(text: string, at: number, mark: string): { closes: boolean; end: number } | undefined {
  if (at > 0 && text[at - 1] !== '\n') {
    return undefined;
  }
  REST_OF_LINE.lastIndex = at + mark.length;
  const rest = REST_OF_LINE.exec(text);
  return rest === null ? undefined : { closes: rest[1] !== undefined, end: REST_OF_LINE.lastIndex };
}

const NO_HEADERS = /(?:\r?\n|$)/y;
const HEADERS_END = /\r?\n\r?\n/g;

function readPart(text: string, body: Uint8Array, start: number, end: number): RawPart | undefined {
  NO_HEADERS.lastIndex = start;
  if (start === end || NO_HEADERS.test(text)) {
    return { headers: [], body: body.subarray(start === end ? start : NO_HEADERS.lastIndex, end) };
  }
  HEADERS_END.lastIndex = start;
  const blank = HEADERS_END.exec(text);
  if (blank === null || blank.index > end) {
    return undefined;
  }
  const headers: HeaderPair[] = [];
  // A line that begins with a space goes on with the one before (RFC 5322, 2.2.3).
  for (const line of text.slice(start, blank.index).split(/\r?\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) {
      return undefined;
    }
    headers.push([
      line.slice(0, colon).trim(),
      line
        .slice(colon + 1)
        .replace(/\r?\n/g, '')
        .trim(),
    ]);
  }
  return { headers, body: body.subarray(Math.min(HEADERS_END.lastIndex, end), end) };
}
