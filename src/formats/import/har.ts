import { type HeaderPair, Interaction, type ResponseChunk } from '../../core/interaction.js';
import type { MetadataPair } from '../../core/metadata.js';
import { decodeBody } from '../../http/coding/content-coding.js';
import { headMetadata, type ResponseHead } from '../../http/response.js';
import { asUri, HAR_EXTRA } from '../har-extra.js';
import { readResponseJson } from '../response-json.js';
import { isRecord } from '../shapes.js';
import { encodedBody, isStillEncoded, textBody } from './content.js';
import { finalStatus, headerOf, interactionOf, isForeignUrl, mayHaveBody, requestOf } from './exchange.js';
import { base64Bytes, Fields } from './fields.js';
import { type Format, type Lost, leftOut, type Read } from './format.js';

/** HTTP Archive 1.2, as browsers, proxies and `interposition export` write it. */
export const har: Format = {
  recognises: isArchive,
  entries: archiveEntries,
  read: (entry) => readEntry(entry, contentOf),
};

export function isArchive(file: unknown): boolean {
  return isRecord(file) && isRecord(file['log']) && Array.isArray(file['log']['entries']);
}

export function archiveEntries(file: unknown): readonly unknown[] {
  return new Fields(file, 'the file').fields('log').list('entries');
}

/** The body of a response. */
export interface Content {
  readonly bytes: Uint8Array;
  /** Is it as it came over the wire, in spite of its content codings? */
  readonly isWire: boolean;
  /** Those that are true of it. */
  readonly headers: readonly HeaderPair[];
  readonly lost: readonly Lost[];
}

/** Gives the body of a response that has one; undefined where the file does not hold it. */
export type ReadContent = (response: Fields, headers: readonly HeaderPair[]) => Content | undefined;

/** @param readContent How its tool writes bodies. */
export function readEntry(value: unknown, readContent: ReadContent): Read {
  const entry = new Fields(value, 'it');
  const request = entry.fields('request');
  const response = entry.fields('response');
  const extra = entry.optionalFields(HAR_EXTRA);
  const [method, url] = [request.text('method'), urlOf(request, extra)];
  if (isForeignUrl(url)) {
    return leftOut('it is no exchange of http or https');
  }
  const requestHeaders = headers(request);
  const requestBody = postedBody(request, requestHeaders, extra);
  if (requestBody === undefined) {
    return leftOut('its request had a body, which the file does not hold');
  }
  const asked = { method, url, requestHeaders, requestBody: requestBody.body };
  const status = response.integer('status');
  if (extra !== undefined) {
    return { interactions: [ownInteraction(asked, response, extra)], lost: requestBody.lost };
  }
  if (status < 200) {
    return leftOut(status === 0 ? 'it has no response' : 'it went over to another protocol');
  }
  const given = headers(response);
  const content = mayHaveBody(method, status) ? readContent(response, given) : withoutBody(given);
  if (content === undefined) {
    return leftOut('its response had a body, which the file does not hold');
  }
  const wire =
    content.isWire || !mayHaveBody(method, status)
      ? { body: content.bytes, headers: content.headers, lost: [] }
      : encodedBody(content.bytes, content.headers);
  const version = versionOf(response);
  const head = {
    statusCode: finalStatus(status),
    statusText: response.optionalText('statusText') ?? '',
    headers: wire.headers,
    ...(version === '1.0' && { httpVersion: version }),
  };
  const started = entry.optionalText('startedDateTime');
  const startedAt = started === undefined ? undefined : timeOf(started, entry.at('startedDateTime'));
  return {
    interactions: [interactionOf({ ...asked, head, body: wire.body, metadata: recorded(entry, startedAt) })],
    lost: [
      ...requestBody.lost,
      ...content.lost,
      ...wire.lost,
      ...(version === undefined
        ? [{ what: 'httpVersion', why: 'it is replayed as HTTP/1.1, which Node programs speak' }]
        : []),
      ...(entry.optionalText('comment') === undefined ? [] : [{ what: 'comment', why: NO_PLACE }]),
    ],
    startedAt,
  };
}

/** As it went over the wire, where it was written in another spelling. */
function urlOf(request: Fields, extra: Fields | undefined): string {
  const url = request.text('url');
  const target = extra?.optionalText('target');
  return target !== undefined && asUri(target) === url ? target : url;
}

const NO_PLACE = 'a cassette has no place for it';

/** Chromium joins the lines of one header by line ends, and gives HTTP/2's pseudo-headers, which say what else is there. */
function headers(message: Fields): HeaderPair[] {
  return message.each('headers').flatMap((header, index) => {
    const [name, value] = [header.text('name'), header.text('value')];
    const path = `${message.at('headers')}[${index}]`;
    return name.startsWith(':') ? [] : value.split('\n').map((line) => headerOf(name, line, path));
  });
}

/** Undefined for a later one than 1.1. */
function versionOf(response: Fields): '1.0' | '1.1' | undefined {
  const version = response.optionalText('httpVersion')?.toLowerCase() ?? '';
  return version === 'http/1.0' ? '1.0' : ['http/1.1', '', 'unknown'].includes(version) ? '1.1' : undefined;
}

function timeOf(text: string, path: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new TypeError(`${path} is no time.`);
  }
  return time;
}

function recorded(entry: Fields, startedAt: number | undefined): MetadataPair[] {
  const timings = entry.optionalFields('timings');
  // The time of TLS is a part of `connect`.
  const [answered, ended] = [
    ['blocked', 'dns', 'connect', 'send', 'wait'],
    ['blocked', 'dns', 'connect', 'send', 'wait', 'receive'],
  ].map((names) => names.reduce((sum, name) => sum + Math.max(0, timings?.optionalNumber(name) ?? 0), 0));
  const milliseconds = (value = 0) => String(Math.round(Math.min(value, Number.MAX_SAFE_INTEGER / 16)));
  return [
    ...(startedAt === undefined ? [] : [['recorded_at', new Date(startedAt).toISOString()] as const]),
    ['ended', 'whole'],
    ...(timings === undefined
      ? []
      : [
          ['answered_after_ms', milliseconds(answered)] as const,
          ['ended_after_ms', milliseconds(ended)] as const,
        ]),
  ];
}

interface Posted {
  readonly body: Uint8Array;
  readonly lost: readonly Lost[];
}

/** Undefined where there was a body that the file does not hold. */
function postedBody(
  request: Fields,
  given: readonly HeaderPair[],
  extra: Fields | undefined,
): Posted | undefined {
  const bytes = extra?.optionalText('requestBody');
  if (bytes !== undefined) {
    return { body: base64Bytes(bytes, 'its _interposition.requestBody'), lost: [] };
  }
  const data = request.optionalFields('postData');
  const text = data?.optionalText('text');
  if (text !== undefined) {
    const { body, headers: fitting, lost } = textBody(text, given);
    // The header of a request counts when it is looked up: it stays what it was.
    return { body, lost: fitting === given ? [] : lost };
  }
  const params = data?.each('params') ?? [];
  if (
    params.length > 0 &&
    /^application\/x-www-form-urlencoded/i.test(data?.optionalText('mimeType') ?? '')
  ) {
    const fields = params.map((one): [string, string] => [one.text('name'), one.optionalText('value') ?? '']);
    return { body: new TextEncoder().encode(new URLSearchParams(fields).toString()), lost: [] };
  }
  const isThere = params.length > 0 || (request.optionalNumber('bodySize') ?? 0) > 0;
  return isThere ? undefined : { body: new Uint8Array(), lost: [] };
}

function withoutBody(given: readonly HeaderPair[]): Content {
  return { bytes: new Uint8Array(), isWire: true, headers: given, lost: [] };
}

function contentOf(response: Fields, given: readonly HeaderPair[]): Content | undefined {
  const content = response.optionalFields('content');
  const text = content?.optionalText('text') ?? '';
  const size = content?.optionalNumber('size') ?? response.optionalNumber('bodySize') ?? 0;
  if (text === '') {
    return size > 0 ? undefined : { ...withoutBody(given), isWire: false };
  }
  return contentBytes(text, content?.optionalText('encoding'), given);
}

/** @throws TypeError for an encoding that HAR has not. */
export function contentBytes(
  text: string,
  encoding: string | undefined,
  given: readonly HeaderPair[],
): Content {
  if (encoding?.toLowerCase() === 'base64') {
    const bytes = base64Bytes(text, 'its response.content.text');
    return { bytes, isWire: isStillEncoded(bytes, given), headers: given, lost: [] };
  }
  if (encoding !== undefined && encoding !== '') {
    throw new TypeError('its response.content.encoding is not base64.');
  }
  const { body, headers: fitting, lost } = textBody(text, given);
  return { bytes: body, isWire: false, headers: fitting, lost };
}

/** What `interposition export` wrote, with all that HAR itself does not hold. */
function ownInteraction(
  asked: Parameters<typeof requestOf>[0],
  response: Fields,
  extra: Fields,
): Interaction {
  return new Interaction({
    request: requestOf(asked),
    responseChunks: ownChunks(response, extra),
    metadata: extra.list('metadata') as MetadataPair[],
  });
}

function ownChunks(response: Fields, extra: Fields): ResponseChunk[] {
  const given = headers(response);
  const status = response.integer('status');
  const version = /^http\/(.+)$/i.exec(response.optionalText('httpVersion') ?? '')?.[1];
  const head: ResponseHead = {
    statusCode: status,
    statusText: response.optionalText('statusText') ?? '',
    headers: given,
    ...(version !== undefined && { httpVersion: version }),
  };
  const content = response.optionalFields('content');
  const text = content?.optionalText('text') ?? '';
  const { bytes } = contentBytes(text, content?.optionalText('encoding'), given);
  const wire = wireOf(extra, bytes, given);
  const hasStatusText = extra.get('statusText') !== false;
  const body = wire ?? bytes;
  const [encoding, complete] = [extra.get('encoding'), extra.get('complete')];
  return readResponseJson({
    // A response that never began has the status 0, as browsers write it.
    metadata: [
      ...extra.optionalList('interim'),
      ...(status === 0 ? [] : headMetadata(head)).filter(([name]) => name !== 'status_text' || hasStatusText),
      ...extra.optionalList('trailers'),
    ],
    ...(body.byteLength > 0 && {
      body: {
        base64: Buffer.from(body).toString('base64'),
        ...(wire === undefined && encoding !== undefined && { encoding }),
        ...(wire === undefined && complete !== undefined && { complete }),
      },
    }),
    chunks: extra.get('chunks'),
    chunkMetadata: extra.get('chunkMetadata'),
  });
}

/** The bytes of the wire, where they are there, and where they are still those of the content. */
function wireOf(extra: Fields, content: Uint8Array, given: readonly HeaderPair[]): Uint8Array | undefined {
  if (extra.get('wire') === true) {
    return content;
  }
  const base64 = extra.optionalText('wire');
  if (base64 === undefined) {
    return undefined;
  }
  const wire = base64Bytes(base64, 'its _interposition.wire');
  const decoded = Buffer.concat(decodeBody([wire], given)?.chunks ?? []);
  return Buffer.compare(decoded, content) === 0 ? wire : undefined;
}
