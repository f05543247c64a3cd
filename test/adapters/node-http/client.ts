import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import http from 'node:http';
import { installInterposition } from '../../../src/index.js';
import {
  type AdapterClient,
  type Ask,
  type Asked,
  pieces,
  type Seen,
  stable,
} from '../../contract/adapter-client.js';
import { settled } from '../undici/clients.js';

/** Asks through node's own client, and tells all that it shows. */
export function askWith(more: RequestOptions = {}): Ask {
  return (url, asked = {}) =>
    new Promise((resolve) => {
      const interim: unknown[] = [];
      let response: IncomingMessage | undefined;
      const chunks: Buffer[] = [];
      const end = (error?: Seen['error']) => {
        const body = Buffer.concat(chunks);
        resolve({
          ...(response && { status: response.statusCode ?? 0, head: headOf(response, interim) }),
          body,
          ...(error && { error }),
        });
      };
      const { method = 'GET', headers = {}, signal } = asked;
      const request = http.request(url, { ...more, method, headers, ...(signal && { signal }) });
      request.on('error', end);
      request.on('information', ({ statusCode, rawHeaders }) => interim.push(statusCode, rawHeaders));
      request.on('response', (incoming) => {
        response = incoming;
        read(incoming, chunks, asked).then(() => end(), end);
      });
      send(request, asked);
    });
}

async function read(response: IncomingMessage, chunks: Buffer[], { onChunk }: Asked): Promise<void> {
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    await onChunk?.(chunk as Buffer);
  }
}

function send(request: ClientRequest, { body, staysOpen }: Asked): void {
  if (!Array.isArray(body)) {
    request.end(body);
    return;
  }
  const write = async () => {
    for await (const piece of pieces(body, staysOpen)) {
      if (!request.write(piece)) {
        await new Promise((resolve) => request.once('drain', resolve));
      }
    }
    request.end();
  };
  void write();
}

function headOf(response: IncomingMessage, interim: readonly unknown[]): unknown {
  const { statusMessage, httpVersion, rawHeaders, headers, headersDistinct, complete, aborted } = response;
  return {
    statusMessage,
    httpVersion,
    rawHeaders: stable(
      rawHeaders.flatMap((name, n) => (n % 2 === 0 ? [[name, rawHeaders[n + 1]] as const] : [])),
    ),
    headers: stable(Object.entries(headers)),
    headersDistinct: stable(Object.entries(headersDistinct)),
    trailers: response.trailers,
    rawTrailers: response.rawTrailers,
    complete,
    aborted,
    interim,
  };
}

/** A client of node's, by the way that it connects. */
export function nodeClient(name: string, options: RequestOptions = {}): AdapterClient {
  const ask = askWith(options);
  return {
    name,
    async inMode(mode, store, use, more = {}) {
      const interposition = await installInterposition(mode, { ...more, store });
      try {
        return await settled(use(ask), () => `${name} in ${mode}`);
      } finally {
        await interposition.uninstall();
      }
    },
    live: (use) => settled(use(ask), () => 'a live exchange'),
    ownError: (error) => error,
    differences: {},
  };
}
