import type { Interaction } from '../../../src/core/interaction.js';
import {
  type FormatName,
  type ImportedFile,
  importFile,
  type LostOf,
} from '../../../src/formats/import/read-file.js';
import { decodeBody } from '../../../src/http/coding/content-coding.js';
import { type RecordedResponse, readResponse } from '../../../src/http/response.js';

/** Imports what a tool would have written. */
export function imported(
  file: unknown,
  options: { readonly format?: FormatName; readonly baseUrl?: string } = {},
): ImportedFile {
  const bytes = typeof file === 'string' ? Buffer.from(file) : Buffer.from(JSON.stringify(file));
  return importFile(bytes, 'recorded.json', options);
}

/** What is said where an import fails. */
export function problemOf(file: unknown, options: { readonly format?: FormatName } = {}): string {
  try {
    imported(file, options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was imported');
}

/** `METHOD URL`, of each. */
export function requests({ interactions }: ImportedFile): string[] {
  return interactions.map(({ request }) => `${request.action} ${request.target}`);
}

/** `2 comment`, of each. */
export function lostFrom({ lost }: ImportedFile): string[] {
  return lost.map(({ entry, what }: LostOf) => `${entry} ${what}`);
}

/** What a program gets: the head, and the body decoded. */
export function answer(interaction: Interaction | undefined): RecordedResponse & { readonly text: string } {
  const response = readResponse(interaction as Interaction);
  const decoded = decodeBody(response.body, response.head?.headers ?? []);
  return { ...response, text: Buffer.concat(decoded?.chunks ?? response.body).toString() };
}

interface HarParts {
  readonly request?: object;
  readonly response?: object;
  readonly content?: object;
  readonly [field: string]: unknown;
}

/** An entry of a HAR file, as a browser writes it, but for what is given. */
export function harEntry({ request, response, content, ...entry }: HarParts = {}): object {
  return {
    startedDateTime: '2026-11-20T10:00:00.000+01:00',
    time: 12.5,
    request: {
      method: 'GET',
      url: 'https://api.example.com/users/7',
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'accept', value: '*/*' }],
      queryString: [],
      cookies: [],
      headersSize: -1,
      bodySize: 0,
      ...request,
    },
    response: {
      status: 200,
      statusText: 'OK',
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'content-type', value: 'application/json' }],
      cookies: [],
      content: { size: 8, mimeType: 'application/json', text: '{"id":7}', ...content },
      redirectURL: '',
      headersSize: -1,
      bodySize: 8,
      ...response,
    },
    cache: {},
    timings: { blocked: 1.2, dns: -1, connect: 2.6, ssl: 2, send: 0.2, wait: 6, receive: 2.5 },
    ...entry,
  };
}

export function harFile(...entries: readonly object[]): object {
  return { log: { version: '1.2', creator: { name: 'WebInspector', version: '537.36' }, entries } };
}
