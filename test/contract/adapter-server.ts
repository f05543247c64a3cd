import type { IncomingMessage, ServerResponse } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { whole } from '../support/loopback.js';

const TEXT = 'the same text over and over '.repeat(40);
export const BLOCK = Buffer.alloc(64 * 1024, 'a block of a flood ');
const FLOOD = 512 * 1024 * 1024;

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What the contract asks a server for; `open` holds the responses that go on when a test says so. */
export class ContractServer {
  /** Makes the failure that is to come when the program has the first of the body: until then it would be a race. */
  failNow: () => unknown = () => {};
  readonly open = new Map<string, ServerResponse>();
  readonly bodies: string[] = [];
  written = 0;
  #counts = new Map<string, number>();

  readonly listener: Answer = (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const answer = this.#answers[path.split('/')[1] ?? ''];
    if (answer === undefined) {
      response.writeHead(404).end();
    } else {
      answer(request, response);
    }
  };

  readonly #answers: Record<string, Answer> = {
    text: (_, response) => response.writeHead(200, { 'content-length': 5 }).end('hello'),
    headers: (_, response) => {
      raw(response, [
        'HTTP/1.1 200 OK',
        'X-Twice: 1',
        'set-cookie: a=1; Path=/',
        'x-twice: 2',
        'X-Latin1: caf\xe9',
        'x-empty:',
        'Set-Cookie: b=2',
        'content-length: 2',
        'connection: close',
        '',
        'ok',
      ]);
    },
    'status-text': (_, response) => {
      raw(response, ['HTTP/1.1 299 Just Fine \xfc', 'content-length: 2', 'connection: close', '', 'ok']);
    },
    'http-1.0': (_, response) => raw(response, ['HTTP/1.0 200 OK', 'x-old: yes', '', 'until it closes']),
    binary: (_, response) => response.end(Buffer.from(Array.from({ length: 256 }, (_entry, byte) => byte))),
    gzip: (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(TEXT));
    },
    br: (_, response) => {
      response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(TEXT));
    },
    204: (_, response) => response.writeHead(204, { 'x-empty': 'yes' }).end(),
    304: (_, response) => response.writeHead(304, { etag: '"1"' }).end(),
    nothing: (_, response) => response.writeHead(200, { 'content-length': 0 }).end(),
    'not-found': (_, response) => response.writeHead(404, 'Nowhere').end('not here'),
    redirect: (_, response) => response.writeHead(302, { location: '/text' }).end('moved'),
    hints: (_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('hinted');
    },
    trailers: (_, response) => {
      response.writeHead(200, { trailer: 'x-checksum' });
      response.write('body');
      response.addTrailers({ 'x-checksum': 'abc', 'X-More': 'd' });
      response.end();
    },
    'too-long': (_, response) => {
      raw(response, ['HTTP/1.1 200 OK', 'content-length: 5', 'connection: close', '', 'hello and more']);
    },
    early: (_, response) => response.writeHead(413, { 'content-length': 8 }).end('too much'),
    echo: whole(({ method, body }, response) => {
      this.bodies.push(body.toString('latin1'));
      response.end(`${method} ${body.toString('latin1')}`);
    }),
    count: (request, response) => {
      const count = (this.#counts.get(request.url ?? '') ?? 0) + 1;
      this.#counts.set(request.url ?? '', count);
      response.end(String(count));
    },
    paced: (request, response) => {
      this.open.set(request.url ?? '', response);
      response.write('one');
    },
    never: () => {},
    flood: (_, response) => this.#flood(response),
    'reset-before-headers': (_, response) => response.socket?.resetAndDestroy(),
    'reset-in-body': (_, response) => {
      response.write('part');
      this.failNow = () => response.socket?.resetAndDestroy();
    },
    'premature-end': (_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('part');
      this.failNow = () => response.socket?.end();
    },
    garbage: (_, response) => response.socket?.end('this is not HTTP\r\n\r\n'),
    'a-close-in-the-head': (_, response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-le'),
    'a-header-that-is-none': (_, response) => raw(response, ['HTTP/1.1 200 OK', 'x-zero: \0', '', '']),
    'two-lengths': (_, response) => {
      raw(response, ['HTTP/1.1 200 OK', 'content-length: 2', 'content-length: 3', '', 'abc']);
    },
    'headers-without-end': (_, response) => {
      raw(response, ['HTTP/1.1 200 OK', ...Array<string>(3000).fill('x-more: and more'), '', '']);
    },
    'a-chunk-without-a-length': (_, response) => this.#chunked(response, '\r\nzz\r\nmore\r\n'),
    'a-chunk-that-is-cut-off': (_, response) => this.#chunked(response, '\r\n8\r\nmore'),
    'a-chunk-that-is-too-long': (_, response) => this.#chunked(response, 'more'),
    'no-last-chunk': (_, response) => this.#chunked(response, '\r\n4\r\nmore\r\n'),
  };

  #chunked(response: ServerResponse, rest: string): void {
    response.socket?.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart');
    this.failNow = () => response.socket?.end(rest);
  }

  #flood(response: ServerResponse): void {
    this.written = 0;
    const more = () => {
      while (this.written < FLOOD && !response.destroyed) {
        this.written += BLOCK.byteLength;
        if (!response.write(BLOCK)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  }

  /** Resolves when the flood has not been able to go on for a while. */
  async stalled(): Promise<number> {
    let before = -1;
    while (before !== this.written) {
      before = this.written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    return before;
  }
}

function raw(response: ServerResponse, lines: readonly string[]): void {
  response.socket?.end(Buffer.from(lines.join('\r\n'), 'latin1'));
}
