import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import type { HeaderPair } from '../../core/interaction.js';
import { isEncoded } from '../../http/coding/content-coding.js';
import { headerValue } from '../../http/headers.js';
import { isRecord } from '../shapes.js';
import { finalStatus, headersOf, interactionOf } from './exchange.js';
import { Fields, hexBytes, isHex } from './fields.js';
import type { Format, Lost } from './format.js';

/** Files of nock.back, and what nock.recorder gives with `output_objects`. */
export const nock: Format = {
  recognises: (file) => Array.isArray(file) && (file.length === 0 || isDefinition(file[0])),
  entries: (file) => {
    if (!Array.isArray(file)) {
      throw new TypeError('it is not a list of definitions, as nock writes it.');
    }
    return file;
  },
  read: (value) => {
    if (typeof value === 'string') {
      throw new TypeError('it is code. Let nock.recorder.rec() write data, with output_objects: true.');
    }
    const entry = new Fields(value, 'it');
    const headers = headersOf(entry, 'rawHeaders');
    const status = finalStatus(entry.integer('status'));
    const given = headersOf(entry, 'reqheaders');
    const { body, headers: more, lost } = requestBody(entry, given);
    const interaction = interactionOf({
      method: entry.text('method').toUpperCase(),
      url: urlOf(entry),
      requestHeaders: [...given, ...more],
      requestBody: body,
      head: { statusCode: status, statusText: STATUS_CODES[status] ?? '', headers },
      body: responseBody(entry, headers),
    });
    return { interactions: [interaction], lost: [...lost, ...unkept(entry)] };
  },
};

function isDefinition(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    (isRecord(value) && Object.hasOwn(value, 'scope') && Object.hasOwn(value, 'path'))
  );
}

function urlOf(entry: Fields): string {
  const scope = entry.text('scope');
  if (!/^https?:\/\//i.test(scope) || !URL.canParse(scope)) {
    throw new TypeError(`${entry.at('scope')} is not an origin.`);
  }
  // Nock always writes the port, also where it is the scheme's own.
  const { origin, pathname } = new URL(scope);
  return `${origin}${pathname.replace(/\/$/, '')}${entry.text('path')}`;
}

const FORM = /^[^\s=&{["]+=[^\s=&]*(?:&[^\s=&]+=[^\s=&]*)*$/;

interface RequestBody {
  readonly body: Uint8Array;
  /** What it shows of its headers, where the file does not have them. */
  readonly headers: readonly HeaderPair[];
  readonly lost: readonly Lost[];
}

/** Nock takes JSON apart, and writes what is no UTF-8 as hexadecimal digits, without saying so. */
function requestBody(entry: Fields, given: readonly HeaderPair[]): RequestBody {
  const value = entry.get('body') ?? '';
  if (typeof value !== 'string') {
    return { body: jsonBytes(value), headers: [], lost: [] };
  }
  if (value.length > 0 && isHex(value) && !isUtf8(Buffer.from(value, 'hex'))) {
    const why =
      'its digits are taken for the bytes that they stand for, as nock writes a body that is no text';
    return { body: hexBytes(value, entry.at('body')), headers: [], lost: [{ what: 'request body', why }] };
  }
  const isForm = FORM.test(value) && headerValue(given, 'content-type') === undefined;
  return {
    body: new TextEncoder().encode(value),
    headers: isForm ? [['content-type', 'application/x-www-form-urlencoded']] : [],
    lost: isForm
      ? [{ what: 'request header content-type', why: 'the file has none; its body is taken for a form' }]
      : [],
  };
}

function responseBody(entry: Fields, headers: readonly HeaderPair[]): Uint8Array {
  const value = entry.get('response');
  const path = entry.at('response');
  if (isEncoded(headers) && Array.isArray(value)) {
    return new Uint8Array(Buffer.concat(value.map((chunk: unknown) => hexBytes(textOf(chunk, path), path))));
  }
  if (entry.get('responseIsBinary') === true) {
    return hexBytes(textOf(value, path), path);
  }
  return value === undefined || typeof value === 'string'
    ? new TextEncoder().encode(value ?? '')
    : jsonBytes(value);
}

function textOf(value: unknown, path: string): string {
  if (typeof value !== 'string') {
    throw new TypeError(`${path} is not hexadecimal.`);
  }
  return value;
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** What only a definition that was written by hand has. */
const UNKEPT = ['badheaders', 'options', 'filteringRequestBody', 'filteringPath'];

function unkept(entry: Fields): Lost[] {
  return [
    ...(entry.get('reqheaders') === undefined
      ? [
          {
            what: 'request headers',
            why: 'nock has not recorded them. Replay with match: { headers: { only: [] } }, so that none counts',
          },
        ]
      : []),
    ...UNKEPT.filter((name) => entry.get(name) !== undefined).map((name) => ({
      what: name,
      why: 'it is a rule of nock: the options match and vary are for such',
    })),
  ];
}
