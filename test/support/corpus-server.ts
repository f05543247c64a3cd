import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, Pairs, Piece } from '../../fixtures/corpus/exchange.js';

/** A server on the loopback that answers with what it is given. */
export class CorpusServer {
  readonly #server: Server;
  #answers: Answer[] = [];
  #read = 0;
  #onRead = () => {};
  /** How many requests have reached it. */
  requests = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.requests++;
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<CorpusServer> {
    const server = createServer();
    server.keepAliveTimeout = 60_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CorpusServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the next requests are answered with, in their order. */
  willAnswer(...answers: readonly Answer[]): void {
    this.#answers = [...answers];
    this.#read = 0;
  }

  /** The client has read so many bytes of the body more, decoded or not. */
  readonly read = (bytes: number): void => {
    this.#read += bytes;
    this.#onRead();
  };

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await request.resume().toArray();
    const answer = this.#answers.shift();
    if (answer === undefined) {
      throw new Error(`nothing to answer ${request.method} ${request.url} with`);
    }
    if (answer.raw !== undefined) {
      request.socket.end(answer.raw);
      return;
    }
    if (answer.hints !== undefined) {
      response.writeEarlyHints(answer.hints);
    }
    const { status = 200, reason, body = new Uint8Array(), pieces, unannounced, trailers = [] } = answer;
    const headers = answer.headers ?? [];
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const isAnnounced = answer.body !== undefined && !unannounced;
    const length: Pairs = isAnnounced ? [['Content-Length', String(bytes.byteLength)]] : [];
    const flat = [...headers, ...length].flat();
    if (reason === undefined) {
      response.writeHead(status, flat);
    } else {
      response.writeHead(status, reason, flat);
    }
    if (pieces !== undefined) {
      response.flushHeaders();
      await this.#pace(response, pieces);
    } else if (bytes.byteLength > 0) {
      response.write(bytes);
    }
    response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
    response.end();
  }

  /** Sends each piece when the client has read the one before, so that no two are joined on their way. */
  async #pace(response: ServerResponse, pieces: readonly Piece[]): Promise<void> {
    let wire = 0;
    let plain = 0;
    for (const piece of pieces) {
      wire += piece.wire.byteLength;
      plain += piece.plain;
      response.write(piece.wire);
      while (this.#read !== wire && this.#read !== plain) {
        await new Promise<void>((resolve) => {
          this.#onRead = resolve;
        });
      }
    }
  }
}
