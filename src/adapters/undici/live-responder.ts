import { Readable } from 'node:stream';
import type { InteractionRequest, ResponseChunk } from '../../core/interaction.js';
import type { LiveResponder } from '../../core/live-responder.js';
import type { MetadataPair } from '../../core/metadata.js';
import { headMetadata, interimMetadata, trailerMetadata } from '../../http/response.js';
import { BROKERED } from './forward.js';
import { asForwarded } from './forwarded.js';
import { headerPairs } from './headers.js';
import type { Abort, ControllerHandler, DispatcherLike, LegacyHandler } from './protocol.js';

/**
 * A live responder that sends HTTP requests through a dispatcher: an undici `Agent`, `Pool`, `Client` or
 * `ProxyAgent`, of any major version.
 *
 * The first chunk holds the status line and headers in its metadata, and no data; trailers come in a chunk of their
 * own, at the end. It throws what the dispatcher reports, as it is.
 *
 * @param dispatcher Gives the dispatcher to use, at the time of each request.
 */
export function dispatcherResponder(dispatcher: () => DispatcherLike): LiveResponder {
  return (request, { signal }) => {
    const answer = new Answer(signal);
    const { origin, pathname, search } = new URL(request.target);
    const options = {
      origin,
      path: pathname + search,
      method: request.action,
      headers: request.headers.flat(),
      body: bodyOf(request),
      [BROKERED]: true,
    };
    asForwarded(() => dispatcher().dispatch(options, answer.handler()));
    return answer.chunks;
  };
}

function bodyOf({ body }: InteractionRequest): Uint8Array | null {
  return body.byteLength === 0 ? null : body;
}

/** What a dispatcher reports, as a stream of chunks with backpressure. */
class Answer {
  readonly chunks: Readable & AsyncIterable<ResponseChunk>;
  #metadata: MetadataPair[] = [];
  #sequence = 0;
  #abort: Abort = () => {};
  #resume = () => {};

  constructor(signal: AbortSignal) {
    this.chunks = new Readable({
      objectMode: true,
      highWaterMark: 1,
      read: () => this.#resume(),
      destroy: (error, callback) => {
        this.#abort(error ?? signal.reason);
        callback(error);
      },
    });
    signal.addEventListener('abort', () => this.chunks.destroy(signal.reason), { once: true });
  }

  /** Both protocols in one object: undici 6 calls the one set, undici 7 and 8 the other. */
  handler(): LegacyHandler & ControllerHandler {
    return {
      onConnect: (abort) => this.#begin(abort),
      onHeaders: (statusCode, raw, resume, statusText) => {
        this.#resume = resume;
        return this.#head(statusCode, raw, statusText);
      },
      onData: (chunk) => this.#push(chunk),
      onComplete: (raw) => this.#end(raw),
      onError: (error) => this.#fail(error),
      onRequestStart: (controller) => {
        this.#resume = () => controller.resume();
        this.#begin((reason) => controller.abort(reason));
      },
      onResponseStart: (controller, statusCode, headers, statusText) => {
        if (!this.#head(statusCode, controller.rawHeaders ?? headers, statusText)) {
          controller.pause();
        }
      },
      onResponseData: (controller, chunk) => {
        if (!this.#push(chunk)) {
          controller.pause();
        }
      },
      onResponseEnd: (controller, trailers) => this.#end(controller.rawTrailers ?? trailers),
      onResponseError: (_controller, error) => this.#fail(error),
    };
  }

  #begin(abort: Abort): void {
    this.#abort = abort;
    if (this.chunks.destroyed) {
      abort();
    }
  }

  #head(statusCode: number, raw: unknown, statusText = ''): boolean {
    const head = { statusCode, statusText, headers: headerPairs(raw) };
    if (statusCode < 200) {
      this.#metadata.push(...interimMetadata(head));
      return true;
    }
    return this.#push(new Uint8Array(), [...this.#metadata, ...headMetadata(head)]);
  }

  #push(data: Uint8Array, metadata: MetadataPair[] = []): boolean {
    return this.chunks.push({ data: new Uint8Array(data), sequence: this.#sequence++, metadata });
  }

  #end(raw: unknown): void {
    this.#abort = () => {};
    const trailers = trailerMetadata(headerPairs(raw));
    if (trailers.length > 0) {
      this.#push(new Uint8Array(), trailers);
    }
    this.chunks.push(null);
  }

  #fail(error: unknown): void {
    this.#abort = () => {};
    this.chunks.destroy(error as Error);
  }
}
