import type { HeaderPair, InteractionRequest } from './interaction.js';
import { isSameHeaders } from './pairs.js';

/** A longer body is not worth its memory. */
const LONGEST_BODY = 64 * 1024;

/** So much is kept, in characters, about; then it begins anew. */
const CAPACITY = 8 * 1024 * 1024;
const PER_ENTRY = 200;
const PER_HEADER = 50;
/** Of requests that differ in their headers alone; a program may put a new trace id into each. */
const MOST_VARIANTS = 8;

const NONE: readonly never[] = [];

interface Entry<T> {
  readonly action: string;
  readonly target: string;
  readonly headers: readonly HeaderPair[];
  readonly value: T;
}

/** Remembers what was found out about requests, as a program may ask the same again and again. All of a request counts. */
export class RequestMemo<T> {
  /** By target and body. The target is in the entry as well, so what stands behind it is the body. */
  readonly #entries = new Map<string, Entry<T>[]>();
  #size = 0;

  get(request: InteractionRequest): T | undefined {
    if (request.body.byteLength > LONGEST_BODY) {
      return undefined;
    }
    const { action, target, headers } = request;
    for (const entry of this.#entries.get(nameOf(request)) ?? NONE) {
      if (entry.action === action && entry.target === target && isSameHeaders(entry.headers, headers)) {
        return entry.value;
      }
    }
    return undefined;
  }

  set(request: InteractionRequest, value: T): void {
    const { action, target, headers, body } = request;
    if (body.byteLength > LONGEST_BODY) {
      return;
    }
    this.#size += PER_ENTRY + body.byteLength + target.length + headers.length * PER_HEADER;
    if (this.#size > CAPACITY) {
      this.clear();
    }
    const name = nameOf(request);
    const entry = { action, target, headers, value };
    const variants = this.#entries.get(name) ?? [];
    if (variants.length === 0) {
      this.#entries.set(name, variants);
    }
    variants.unshift(entry);
    variants.splice(MOST_VARIANTS);
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}

function nameOf({ target, body }: InteractionRequest): string {
  return body.byteLength === 0
    ? target
    : `${target}\n${Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')}`;
}
