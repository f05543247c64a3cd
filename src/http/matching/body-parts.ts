import { isUtf8 } from 'node:buffer';
import type { HeaderPair } from '../../core/interaction.js';
import { headerValue } from '../headers.js';
import { normalContentType } from './counted-headers.js';
import { parseExactly } from './json-canonical.js';
import { type Cursors, changeAt, isEnd, stepTo } from './json-path.js';
import { multipartBoundary, parseMultipart } from './multipart.js';
import type { BodyParts, JsonValue, MultipartPart, Parameter } from './request-parts.js';
import { byName, parameters } from './url-parts.js';

const NONE: BodyParts = { kind: 'none' };

/** A multipart body inside a multipart body is taken apart down to here; nothing that is sent goes deeper. */
const MAX_MULTIPART_DEPTH = 4;

/**
 * What a body holds: JSON, a form, a multipart body, else text, else bytes. JSON that `parseExactly` does not take is
 * text. A compressed body is not decompressed here.
 */
export function readBody(body: Uint8Array, headers: readonly HeaderPair[], depth = 0): BodyParts {
  if (body.byteLength === 0) {
    return NONE;
  }
  const contentType = headerValue(headers, 'content-type');
  const boundary = multipartBoundary(contentType);
  const isMultipart = boundary !== undefined || (isForm(contentType) && startsWithDashes(body));
  if (isMultipart && depth < MAX_MULTIPART_DEPTH) {
    const parts = parseMultipart(body, boundary);
    if (parts !== undefined) {
      return { kind: 'multipart', parts: parts.map((part) => readPart(part.headers, part.body, depth)) };
    }
  }
  const exact = readExactly(body);
  return exact.kind === 'text' ? readText(exact.text, contentType) : exact;
}

/** The body as it is: text where it is UTF-8, else bytes. */
export function readExactly(body: Uint8Array): BodyParts {
  if (body.byteLength === 0) {
    return NONE;
  }
  return isUtf8(body) ? { kind: 'text', text: decodedText(body) } : { kind: 'bytes', bytes: body };
}

function decodedText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i;
const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;
/** What clients say of JSON where the program said nothing: fetch of a string, and curl. */
const UNSPECIFIC_TYPE = /^\s*(?:text\/plain|application\/x-www-form-urlencoded)\s*(?:;|$)/i;

function isForm(contentType: string | undefined): boolean {
  return contentType !== undefined && FORM_TYPE.test(contentType);
}

const DASH = 0x2d;

/** Axios says that it is a form of all that has no type, also of one that fetch then encodes as multipart. */
function startsWithDashes(body: Uint8Array): boolean {
  return body[0] === DASH && body[1] === DASH;
}

function readText(text: string, contentType: string | undefined): BodyParts {
  const looksLikeJson = /^\s*[[{]/.test(text);
  const unspecific = contentType === undefined || UNSPECIFIC_TYPE.test(contentType);
  if (unspecific ? looksLikeJson : JSON_TYPE.test(contentType)) {
    const value = parseExactly(text);
    if (value !== undefined) {
      return { kind: 'json', value };
    }
  }
  return isForm(contentType) ? { kind: 'form', fields: parameters(text) } : { kind: 'text', text };
}

function readPart(rawHeaders: readonly HeaderPair[], body: Uint8Array, depth: number): MultipartPart {
  const headers = rawHeaders.map(([name, value]): HeaderPair => {
    const lower = name.toLowerCase();
    return [lower, lower === 'content-type' ? normalContentType(value) : utf8Text(value)];
  });
  return { headers: headers.sort(byName), body: readBody(body, rawHeaders, depth + 1) };
}

/** A header value that holds one character a byte as the UTF-8 that it is, where it is. */
function utf8Text(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}

type Change = (value: JsonValue) => JsonValue | undefined;

/**
 * The body with every place that a path names replaced by what `change` gives for its value; where that is undefined,
 * the place is left out. `$.name` names a member of a JSON object, a field of a form, a part of a multipart body; a
 * path leads on into JSON, and from a part into the part. Other bodies hold no places.
 */
export function changeBody(body: BodyParts, cursors: Cursors, change: Change): BodyParts {
  switch (body.kind) {
    case 'json': {
      return { kind: 'json', value: changeAt(body.value, cursors, change) };
    }
    case 'form': {
      const fields = body.fields.map((field): Parameter | undefined => {
        const [name, value] = field;
        if (!isEnd(stepTo(cursors, name))) {
          return field;
        }
        const changed = change(value ?? null);
        return changed === undefined ? undefined : [name, value === undefined ? undefined : String(changed)];
      });
      return { kind: 'form', fields: fields.filter((field) => field !== undefined) };
    }
    case 'multipart': {
      const parts = body.parts.map((part): MultipartPart | undefined => {
        const next = stepTo(cursors, partName(part.headers) ?? '');
        const changed = isEnd(next) ? changePart(part.body, change) : part.body;
        return changed && { ...part, body: changeBody(changed, next, change) };
      });
      return { kind: 'multipart', parts: parts.filter((part) => part !== undefined) };
    }
    default:
      return body;
  }
}

/** A part that is neither text nor JSON counts as null: it can be left out, but not changed. */
function changePart(body: BodyParts, change: Change): BodyParts | undefined {
  const value = body.kind === 'json' ? body.value : body.kind === 'text' ? body.text : null;
  const changed = change(value);
  if (changed === undefined) {
    return undefined;
  }
  switch (body.kind) {
    case 'json':
      return { kind: 'json', value: changed };
    case 'text':
      return { kind: 'text', text: String(changed) };
    default:
      return body;
  }
}

/** The name of a part of a form (RFC 7578, 4.2), from its headers; undefined where it has none. */
export function partName(headers: readonly HeaderPair[]): string | undefined {
  const disposition = headerValue(headers, 'content-disposition') ?? '';
  const match = /;\s*name=(?:"((?:[^"\\]|\\.?)*)(?:"|$)|([^\s;]+))/is.exec(disposition);
  // Browsers and fetch escape by percent signs, others by backslashes (URL standard's multipart form encoding).
  const quoted = match?.[1]?.replace(/\\(.)/gs, '$1').replace(/%22/g, '"');
  return quoted ?? match?.[2];
}
