import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Broker } from '../broker.js';
import { setImmediate, setTimeout } from '../core/clock.js';
import { describe } from '../core/errors.js';
import type { HeaderPair, Interaction, InteractionRequest } from '../core/interaction.js';
import { paceOf } from '../core/pace.js';
import { isOneWhole, readResponse } from '../http/response.js';

/** How large a request may be, in bytes. */
const LARGEST_BODY = 64 * 1024 * 1024;

/** They are the connection's, and Node's server makes them itself. */
const OF_THE_CONNECTION = /^(?:connection|keep-alive|transfer-encoding|proxy-connection|upgrade)$/i;

/** What a server tells of each request. */
export type Told = (outcome: 'HIT' | 'MISS' | 'ERROR', request: string) => void;

export interface ReplayServerOptions {
  /** The origin of requests that name none that was recorded. */
  readonly origin: string | undefined;
  /** Let pages of every origin read the answers. */
  readonly cors: boolean;
  readonly told: Told;
}

/**
 * An HTTP server that answers as the recorded ones did. A request to it is looked up under the origin that its target
 * or its `host` names, where that was recorded, else under `origin`. A MISS is a 502 with the explanation; a recording
 * that failed, or was cut off, ends with the connection.
 */
export function replayServer(
  broker: Broker,
  origins: ReadonlySet<string>,
  options: ReplayServerOptions,
): Server {
  return createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      options.told('ERROR', broker.text(`${request.method} ${request.url}: ${describe(error)}`));
      refuse(response, 500, describe(error));
    });
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    if (options.cors) {
      allowAnyOrigin(incoming, response);
      if (method === 'OPTIONS' && incoming.headers['access-control-request-method'] !== undefined) {
        response.writeHead(204).end();
        return;
      }
    }
    const body = await bodyOf(incoming);
    if (body === undefined) {
      refuse(response, 413, `A request may have ${LARGEST_BODY} bytes.`);
      return;
    }
    const target = targetOf(incoming);
    if (target === undefined) {
      const known = [...origins].join(', ');
      options.told('ERROR', `${method} ${broker.text(url)}: of which origin?`);
      refuse(
        response,
        421,
        `The cassette has recordings of several origins: ${known}. Name one with --origin.`,
      );
      return;
    }
    const request: InteractionRequest = {
      protocol: 'http',
      action: method,
      target,
      headers: headersOf(incoming),
      body,
    };
    const hit = broker.lookup(request);
    options.told(hit === undefined ? 'MISS' : 'HIT', `${method} ${broker.text(target)}`);
    if (hit === undefined) {
      refuse(response, 502, broker.notFound(request).message);
    } else {
      await play(hit, response, broker);
    }
  }

  function targetOf({ url = '', headers }: IncomingMessage): string | undefined {
    if (/^https?:\/\//i.test(url)) {
      // As a proxy is asked.
      return url;
    }
    const named = [`https://${headers.host}`, `http://${headers.host}`].find((origin) => origins.has(origin));
    const sole = origins.size === 1 ? [...origins][0] : undefined;
    const origin = named ?? options.origin ?? sole;
    return origin && origin + url;
  }
}

function allowAnyOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', headers.origin ?? '*');
  response.setHeader('access-control-allow-credentials', 'true');
  response.setHeader('access-control-expose-headers', '*');
  response.setHeader('access-control-allow-methods', headers['access-control-request-method'] ?? '*');
  response.setHeader('access-control-allow-headers', headers['access-control-request-headers'] ?? '*');
  response.setHeader('vary', 'origin');
}

/** Undefined where it is too large. */
async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.byteLength;
    if (size > LARGEST_BODY) {
      incoming.destroy();
    }
  });
  try {
    return await buffer(incoming);
  } catch (error) {
    if (size > LARGEST_BODY) {
      return undefined;
    }
    throw error;
  }
}

function headersOf({ rawHeaders }: IncomingMessage): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] as string, rawHeaders[index + 1] as string]);
  }
  return pairs;
}

/** An answer of the server's own, which says so. */
function refuse(response: ServerResponse, status: number, problem: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-interposition': 'not recorded',
  });
  response.end(`${problem}\n`);
}

async function play(interaction: Interaction, response: ServerResponse, { latency }: Broker): Promise<void> {
  const { head, body, trailers } = readResponse(interaction);
  const { truncated, failure } = interaction.recording;
  const pace = paceOf(latency, interaction);
  const begun = performance.now();
  const due = async (dueMs = 0) => {
    const ms = dueMs - (performance.now() - begun);
    await new Promise<void>((resolve) => {
      if (ms > 0) {
        setTimeout(resolve, ms);
      } else {
        setImmediate(resolve);
      }
    });
  };
  await due(pace?.head);
  if (head === undefined) {
    response.destroy();
    return;
  }
  const allowed = response.getHeaderNames();
  const headers = head.headers.filter(
    ([name]) => !OF_THE_CONNECTION.test(name) && !allowed.includes(name.toLowerCase()),
  );
  for (const name of allowed) {
    headers.push([name, String(response.getHeader(name))]);
    response.removeHeader(name);
  }
  response.sendDate = false;
  if (!isOneWhole(head) && trailers.length > 0) {
    response.addTrailers(trailers as [string, string][]);
  }
  response.writeHead(head.statusCode, head.statusText, headers.flat());
  for (const [index, chunk] of body.entries()) {
    if (pace !== undefined) {
      response.flushHeaders();
    }
    if (index > 0 || pace !== undefined) {
      await due(pace?.chunk(index, body.length));
    }
    if (response.destroyed) {
      return;
    }
    if (chunk.byteLength > 0) {
      // Until it is on its way: a connection that is ended before takes with it what was not.
      await new Promise<void>((resolve) => {
        response.once('close', resolve);
        response.write(chunk, () => {
          response.off('close', resolve);
          resolve();
        });
      });
    }
  }
  if (pace !== undefined) {
    await due(pace.end);
  }
  if (truncated || failure !== undefined) {
    response.destroy();
  } else {
    response.end();
  }
}
