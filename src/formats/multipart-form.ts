import type { HeaderPair } from '../core/interaction.js';
import type { BodyForm } from './body-form.js';
import { exactText } from './charset.js';
import { isPairs } from './shapes.js';

/** A part of a multipart body: its headers, and its body in a form of its own. */
export type PartForm = BodyForm & { readonly headers: readonly HeaderPair[] };

/** A multipart body (RFC 2046, 5.1) without a preamble. */
export interface MultipartForm {
  readonly boundary: string;
  readonly multipart: readonly PartForm[];
  /** What follows the last boundary; a line end where left out. */
  readonly epilogue?: string;
}

const CRLF = '\r\n';

/**
 * The parts that a body is made of; undefined where it is not made of them in the usual way: lines that end in CRLF,
 * no preamble, each header in a line with one space after its colon.
 *
 * @param boundary What its content type names.
 * @param partForm Gives the form of a part's body.
 */
export function multipartForm(
  bytes: Uint8Array,
  boundary: string,
  partForm: (body: Uint8Array, headers: readonly HeaderPair[]) => BodyForm,
): MultipartForm | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const delimiter = Buffer.from(`${CRLF}--${boundary}`);
  const first = delimiter.subarray(CRLF.length);
  if (!data.subarray(0, first.byteLength).equals(first)) {
    return undefined;
  }
  const multipart: PartForm[] = [];
  let place = first.byteLength;
  while (data.toString('latin1', place, place + 2) !== '--') {
    const end = delimiterAfter(data, delimiter, place);
    const part = end === undefined ? undefined : readPart(data.subarray(place, end));
    if (end === undefined || part === undefined) {
      return undefined;
    }
    multipart.push({ headers: part.headers, ...partForm(part.body, part.headers) });
    place = end + delimiter.byteLength;
  }
  const epilogue = data.toString('latin1', place + 2);
  if (multipart.length === 0 || (epilogue !== '' && epilogue !== CRLF)) {
    return undefined;
  }
  return { boundary, multipart, ...(epilogue !== CRLF && { epilogue }) };
}

/** Where the next delimiter begins that ends its line or the body. */
function delimiterAfter(data: Buffer, delimiter: Buffer, from: number): number | undefined {
  for (let at = data.indexOf(delimiter, from); at !== -1; at = data.indexOf(delimiter, at + 1)) {
    const next = at + delimiter.byteLength;
    if ([CRLF, '--'].includes(data.toString('latin1', next, next + 2))) {
      return at;
    }
  }
  return undefined;
}

/** A part, from the line end after its boundary on. */
function readPart(
  part: Buffer,
): { readonly headers: readonly HeaderPair[]; readonly body: Uint8Array } | undefined {
  // An empty line ends the headers, also where there are none.
  const end = part.indexOf(CRLF + CRLF);
  const lines = end === -1 ? undefined : exactText(part.subarray(0, end), 'utf-8')?.split(CRLF).slice(1);
  const headers = lines?.map((line): HeaderPair => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return headers?.every(([name], index) => name !== '' && lines?.[index]?.startsWith(`${name}: `))
    ? { headers, body: part.subarray(end + 2 * CRLF.length) }
    : undefined;
}

/**
 * The bytes of a multipart form, checked at once and put together when they are asked for.
 *
 * @param readBody Reads the body of a part.
 * @throws TypeError for something that is no such form.
 */
export function readMultipart(
  { boundary, multipart, epilogue = CRLF }: { boundary?: unknown; multipart?: unknown; epilogue?: unknown },
  readBody: (form: object) => () => Uint8Array,
): () => Uint8Array {
  if (typeof boundary !== 'string' || typeof epilogue !== 'string' || !Array.isArray(multipart)) {
    throw new TypeError('a multipart body has a "boundary", a list of parts, and sometimes an "epilogue"');
  }
  const parts = multipart.map((part: unknown, index) => {
    const { headers, ...form } = (part ?? {}) as { headers?: unknown };
    if (!isPairs(headers)) {
      throw new TypeError(`"headers" of part ${index + 1} is not a list of [name, value] pairs of strings`);
    }
    const lines = headers.map(([name, value]) => `${name}: ${value}${CRLF}`).join('');
    return { head: Buffer.from(`--${boundary}${CRLF}${lines}${CRLF}`), body: readBody(form) };
  });
  return () =>
    new Uint8Array(
      Buffer.concat([
        ...parts.flatMap(({ head, body }) => [head, body(), Buffer.from(CRLF)]),
        Buffer.from(`--${boundary}--${epilogue}`),
      ]),
    );
}
