import type { Exchange } from '../../traffic/exchange.js';
import { type Handler, handling, type Recorded, recorded } from './answer.js';

interface Options {
  readonly origin?: string | URL;
  readonly path: string;
  readonly method: string;
  readonly body?: unknown;
}

/**
 * Answers from a Map: a GET by method, origin and path, a POST by its body too, which it drains first. As little as a
 * dispatcher can do that answers rightly.
 */
export class BareDispatcher {
  readonly #answers = new Map<string, Recorded>();

  constructor(origin: string, exchanges: readonly Exchange[]) {
    for (const exchange of exchanges) {
      const { method, path, requestBody = '' } = exchange;
      this.#answers.set(keyOf({ method, origin, path }, requestBody), recorded(exchange));
    }
  }

  dispatch(options: Options, handler: Handler): boolean {
    const { body } = options;
    if (body === null || body === undefined || typeof body === 'string') {
      handling(handler, this.#find(options, body ?? ''));
    } else {
      drain(body as AsyncIterable<Uint8Array>).then(
        (text) => handling(handler, this.#find(options, text)),
        (error: unknown) => handler.onError?.(error),
      );
    }
    return true;
  }

  #find(options: Options, body: string): Recorded {
    const answer = this.#answers.get(keyOf(options, body));
    if (answer === undefined) {
      throw new Error(`not recorded: ${options.method} ${options.path}`);
    }
    return answer;
  }
}

function keyOf({ method, origin, path }: Options, body: string): string {
  return `${method} ${origin}${path}${body}`;
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
