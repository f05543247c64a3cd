import { headerValue } from '../http/headers.js';
import { readableText } from './charset.js';
import { type FieldsForm, fieldsForm, readFields } from './fields-form.js';
import { type JsonForm, jsonForm, readJson } from './json-form.js';
import { mediaType } from './media-type.js';
import { type MultipartForm, multipartForm, readMultipart } from './multipart-form.js';
import { readText, type TextForm, textForm } from './text-form.js';

/**
 * How a body stands in a cassette: the most readable form that gives back exactly its bytes. JSON where a known
 * printer reproduces them, the fields of a form, the parts of a multipart body, else text, else base64.
 */
export type BodyForm = JsonForm | FieldsForm | MultipartForm | TextForm | { readonly base64: string };

/** Parts within parts within parts are the last that are told apart. */
const MAX_MULTIPART_DEPTH = 3;

/**
 * The most readable form of a body.
 *
 * @param contentType That of its message, where it has one: it tells forms, parts and charsets.
 */
export function bodyForm(bytes: Uint8Array, contentType?: string): BodyForm {
  return formAt(0, bytes, contentType);
}

function formAt(depth: number, bytes: Uint8Array, contentType: string | undefined): BodyForm {
  const { type, charset, boundary } = mediaType(contentType);
  if (type.startsWith('multipart/') && boundary !== undefined && depth < MAX_MULTIPART_DEPTH) {
    const form = multipartForm(bytes, boundary, (body, headers) =>
      formAt(depth + 1, body, headerValue(headers, 'content-type')),
    );
    if (form !== undefined && Buffer.compare(bodyBytes(form), bytes) === 0) {
      return form;
    }
  }
  const readable = readableText(bytes, charset);
  if (readable === undefined) {
    return base64Form(bytes);
  }
  const { text } = readable;
  const fields = type === 'application/x-www-form-urlencoded' ? fieldsForm(text) : undefined;
  const structured = readable.charset === 'utf-8' ? (fields ?? jsonForm(text)) : undefined;
  return structured ?? textForm(text, readable.charset);
}

/** The form that every body has. */
export function base64Form(bytes: Uint8Array): { readonly base64: string } {
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') };
}

/**
 * The bytes of a form.
 *
 * @throws TypeError for something that is no form.
 */
export function bodyBytes(form: unknown): Uint8Array {
  return readBody(form)();
}

const READERS: Readonly<Record<string, (form: object) => () => Uint8Array>> = {
  json: readJson,
  form: readFields,
  multipart: (form) => readMultipart(form, readBody),
  text: readText,
  base64: readBase64,
};

const FORMS = Object.keys(READERS);

/** Is it an object with one form? Whether that is well formed, `readBody` says. */
export function hasOneForm(body: unknown): boolean {
  return formsOf(body).length === 1;
}

function formsOf(body: unknown): readonly string[] {
  return typeof body === 'object' && body !== null ? FORMS.filter((name) => Object.hasOwn(body, name)) : [];
}

/**
 * The bytes of a form, checked at once and made when they are asked for.
 *
 * @throws TypeError for something that is no form.
 */
export function readBody(form: unknown): () => Uint8Array {
  const [name = '', ...more] = formsOf(form);
  const reader = READERS[name];
  if (reader === undefined || more.length > 0) {
    throw new TypeError(`a body is an object with one of ${FORMS.join(', ')}`);
  }
  return reader(form as object);
}

function readBase64({ base64 }: { base64?: unknown }): () => Uint8Array {
  if (typeof base64 !== 'string' || !isBase64(base64)) {
    throw new TypeError('"base64" is not base64');
  }
  return () => new Uint8Array(Buffer.from(base64, 'base64'));
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
}
