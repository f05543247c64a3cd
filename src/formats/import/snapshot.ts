import { STATUS_CODES } from 'node:http';
import { isRecord } from '../shapes.js';
import { finalStatus, headersOf, interactionOf } from './exchange.js';
import { base64Bytes, Fields } from './fields.js';
import { type Format, type Lost, leftOut } from './format.js';

/** Files of undici's SnapshotAgent. */
export const snapshot: Format = {
  recognises: (file) =>
    Array.isArray(file)
      ? isRecord(file[0]) && isSnapshot(file[0]['snapshot'])
      : isRecord(file) && Object.keys(file).length > 0 && Object.values(file).every(isSnapshot),
  entries: (file) => {
    if (Array.isArray(file)) {
      return file.map((one: unknown) => (isRecord(one) ? one['snapshot'] : one));
    }
    if (!isRecord(file)) {
      throw new TypeError('it is not a list of snapshots, as SnapshotAgent writes it.');
    }
    // As its first versions wrote it: by the hashes of the requests.
    return Object.values(file);
  },
  read: (value) => {
    const entry = new Fields(value, 'it');
    const request = entry.fields('request');
    const body = request.optionalText('body') ?? '';
    if (/^\[object \w+\]$/.test(body)) {
      return leftOut(`its request has a body, of which SnapshotAgent kept no more than ${body}`);
    }
    const asked = {
      method: request.text('method'),
      url: request.text('url'),
      requestHeaders: headersOf(request, 'headers'),
      requestBody: new TextEncoder().encode(body),
    };
    // There was one answer a request before there were lists.
    const responses =
      entry.get('responses') === undefined ? [entry.fields('response')] : entry.each('responses');
    return {
      interactions: responses.map((response) => {
        const status = finalStatus(response.integer('statusCode'));
        return interactionOf({
          ...asked,
          head: {
            statusCode: status,
            statusText: STATUS_CODES[status] ?? '',
            headers: headersOf(response, 'headers'),
          },
          body: base64Bytes(response.optionalText('body') ?? '', response.at('body')),
          trailers: headersOf(response, 'trailers'),
        });
      }),
      lost: lostOf(entry, responses),
    };
  },
};

function isSnapshot(value: unknown): boolean {
  return (
    isRecord(value) &&
    isRecord(value['request']) &&
    (Array.isArray(value['responses']) || isRecord(value['response']))
  );
}

function lostOf(entry: Fields, responses: readonly Fields[]): Lost[] {
  const hasCookies = responses.some((response) =>
    headersOf(response, 'headers').some(([name]) => name.toLowerCase() === 'set-cookie'),
  );
  return [
    ...(entry.get('timestamp') === undefined
      ? []
      : [
          {
            what: 'timestamp',
            why: 'it is that of the last answer, and does not say when each was recorded',
          },
        ]),
    ...(hasCookies
      ? [
          {
            what: 'set-cookie',
            why: 'SnapshotAgent joins the lines of a header: several cookies may stand in one line',
          },
        ]
      : []),
  ];
}
