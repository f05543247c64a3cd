import { type AdapterClient, type Ask, pieces, type Seen, stable } from '../../contract/adapter-client.js';
import { adapterContract, IN_ORDER } from '../../contract/adapter-contract.js';
import { suite } from '../../support/suite.js';
import { type Client, clients, inMode, live, type Session, WHY_SKIPPED } from './clients.js';

const test = suite('the contract of adapters, undici');

type Asking = Omit<Session, 'broker'>;

function fetching({ fetch }: Asking): Ask {
  return async (url, { method = 'GET', headers = {}, body, staysOpen, signal, onChunk } = {}) => {
    let answer: Pick<Seen, 'head' | 'status'> = {};
    const chunks: Buffer[] = [];
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        ...(signal && { signal }),
        ...(body !== undefined && {
          body: Array.isArray(body) ? (ReadableStream.from(pieces(body, staysOpen)) as ReadableStream) : body,
          duplex: 'half',
        }),
      } as RequestInit);
      const { status, statusText, headers: received } = response;
      answer = { status, head: { statusText, headers: stable(received), cookies: received.getSetCookie() } };
      for await (const chunk of response.body ?? []) {
        chunks.push(Buffer.from(chunk as Uint8Array));
        await onChunk?.(Buffer.from(chunk as Uint8Array));
      }
      return { ...answer, body: Buffer.concat(chunks) };
    } catch (error) {
      return { ...answer, body: Buffer.concat(chunks), error: error as Error };
    }
  };
}

function requesting({ request }: Asking): Ask {
  return async (url, { method = 'GET', headers = {}, body, staysOpen, signal, onChunk } = {}) => {
    let answer: Pick<Seen, 'head' | 'status'> = {};
    const chunks: Buffer[] = [];
    const interim: unknown[] = [];
    try {
      const response = await request(url, {
        method,
        headers,
        signal,
        body: Array.isArray(body) ? pieces(body, staysOpen) : body,
        onInfo: (info: unknown) => interim.push(info),
      });
      const { statusCode, headers: received, trailers } = response;
      answer = {
        status: statusCode,
        head: { headers: stable(Object.entries(received)), trailers, interim },
      };
      for await (const chunk of response.body) {
        chunks.push(chunk as Buffer);
        await onChunk?.(chunk as Buffer);
      }
      return { ...answer, body: Buffer.concat(chunks) };
    } catch (error) {
      return { ...answer, body: Buffer.concat(chunks), error: error as Error };
    }
  };
}

function adapterClient(client: Client): AdapterClient {
  const askOf = client.undici === undefined ? fetching : requesting;
  return {
    name: client.name,
    missing: client.here ? undefined : WHY_SKIPPED,
    inMode: (mode, store, use, options) =>
      inMode(client, mode, store, (session) => use(askOf(session)), options),
    live: (use) => live(client, (session) => use(askOf(session))),
    ownError: (error) => (client.undici === undefined ? (error as Error | undefined)?.cause : error),
    differences:
      client.undici === undefined
        ? { [IN_ORDER]: 'fetch dispatches a request with a stream later than one with a text' }
        : {},
  };
}

adapterContract(test, clients.map(adapterClient));

test.run();
