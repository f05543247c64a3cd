import type { HeaderPair } from '../../core/interaction.js';
import { headerValue } from '../headers.js';
import { multipartBoundary, parseMultipart } from '../matching/multipart.js';
import type { Edit } from '../variables/needles.js';
import { type ByteText, textToBytes } from './byte-text.js';
import { utf16Decoded } from './decoded-text.js';
import { beginsLikeJson, findInJsonText, findInText, findLoose } from './find-in-text.js';
import { unmistakableEdits } from './find-unmistakable.js';
import { findInForm } from './redact-parameters.js';
import { Redactions } from './redactions.js';
import type { Secrets } from './secrets.js';

/** So deep may multipart bodies stand in each other. */
const MAX_DEPTH = 4;

/** What is to be replaced in a body, from left to right and without overlap. */
export function editsOfBody(
  body: ByteText,
  headers: readonly HeaderPair[],
  secrets: Secrets,
  depth = 0,
): Edit[] {
  const type = (headerValue(headers, 'content-type') ?? '').toLowerCase();
  const order = utf16Order(body, type);
  if (order !== undefined) {
    const decoded = utf16Decoded(body, order);
    return textEdits(decoded.text, type, secrets).map(decoded.original);
  }
  const boundary = multipartBoundary(headerValue(headers, 'content-type'));
  if (boundary !== undefined && depth < MAX_DEPTH) {
    const edits = multipartEdits(body, boundary, secrets, depth);
    if (edits !== undefined) {
      return edits;
    }
  }
  return isBinary(body) ? binaryEdits(body, secrets) : textEdits(body, type, secrets);
}

/**
 * Does a body hold what no text does? U+001E stands between JSON texts (RFC 7464, and SignalR's), and a message of STOMP
 * ends with U+0000.
 */
export function isBinary(body: ByteText): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[\x01-\x08\x0e-\x1a\x1c\x1d\x1f]|\x00(?![\r\n]{0,4}$)/.test(body);
}

function utf16Order(body: ByteText, type: string): 'le' | 'be' | undefined {
  if (body.startsWith('\xff\xfe') || body.startsWith('\xfe\xff')) {
    return body.startsWith('\xff') ? 'le' : 'be';
  }
  const named = /charset\s{0,4}=\s{0,4}"?utf-16(le|be)?/.exec(type);
  return named === null ? undefined : named[1] === 'be' ? 'be' : 'le';
}

function textEdits(text: ByteText, type: string, secrets: Secrets): Edit[] {
  const found = new Redactions();
  if (type.includes('x-www-form-urlencoded')) {
    findInForm(text, secrets, found);
    findLoose(text, 'text', secrets, found);
  } else if (/json/.test(type) && !beginsLikeJson(text)) {
    findInJsonText(text, 0, text.length, secrets, found);
    findLoose(text, 'json', secrets, found);
  } else if (type.includes('event-stream') || /^(?:data|event|id|retry|):/.test(text)) {
    findInEvents(text, secrets, found);
  } else if (/javascript|ecmascript|html|css/.test(type)) {
    findLoose(text, 'code', secrets, found);
  } else {
    findInText(text, secrets, found);
  }
  return found.settled(text);
}

/** The lines of an event stream (HTML standard, 9.2.6), of which each may be JSON, or hold some behind a word. */
function findInEvents(text: ByteText, secrets: Secrets, found: Redactions): void {
  for (const { 0: lead, 1: json = '', index } of text.matchAll(/^[^\r\n{["]*([{["][^\r\n]*)/gm)) {
    const end = index + lead.length;
    findInJsonText(text, end - json.length, end, secrets, found);
  }
  findLoose(text, 'json', secrets, found);
}

/** Undefined where the body is not well formed, or has no parts. */
function multipartEdits(
  body: ByteText,
  boundary: string,
  secrets: Secrets,
  depth: number,
): Edit[] | undefined {
  const bytes = textToBytes(body);
  const parts = parseMultipart(bytes, boundary) ?? [];
  if (parts.length === 0) {
    return undefined;
  }
  const edits: Edit[] = [];
  const add = (found: readonly Edit[], by: number) => {
    for (const { start, end, text } of found) {
      edits.push({ start: start + by, end: end + by, text });
    }
  };
  let done = 0;
  for (const part of parts) {
    const start = part.body.byteOffset - bytes.byteOffset;
    const end = start + part.body.byteLength;
    add(editsBetweenParts(body.slice(done, start), secrets), done);
    add(partEdits(body.slice(start, end), part.headers, secrets, depth), start);
    done = end;
  }
  add(editsBetweenParts(body.slice(done), secrets), done);
  return edits;
}

/** In the headers of parts, such as the name of a file, and in what stands before the first and behind the last part. */
function editsBetweenParts(text: ByteText, secrets: Secrets): Edit[] {
  const found = new Redactions();
  findLoose(text, 'text', secrets, found);
  return found.settled(text);
}

function partEdits(value: ByteText, headers: readonly HeaderPair[], secrets: Secrets, depth: number): Edit[] {
  const disposition = headerValue(headers, 'content-disposition') ?? '';
  const name = /;\s{0,10}name\s{0,4}=\s{0,4}(?:"([^"]*)"|([^\s;]+))/i.exec(disposition);
  const isFile = /;\s{0,10}filename\*?\s{0,4}=/i.test(disposition);
  const field = isFile ? undefined : (name?.[1] ?? name?.[2]);
  if (field !== undefined && secrets.names.keeps(field)) {
    return [];
  }
  if (field !== undefined && secrets.isSecret(secrets.names.verdict('field', field), value)) {
    const text = secrets.insteadOf(field, value);
    return text === value ? [] : [{ start: 0, end: value.length, text }];
  }
  return editsOfBody(value, headers, secrets, depth + 1);
}

/** Lengths stay as they are: what is no text often says where its parts begin. */
function binaryEdits(body: ByteText, secrets: Secrets): Edit[] {
  return unmistakableEdits(body, secrets).map(({ start, end, text }) => ({
    start,
    end,
    text: text.slice(0, end - start).padEnd(end - start, 'X'),
  }));
}
