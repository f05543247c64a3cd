import type { ByteText } from './byte-text.js';

/** A value that was replaced by its name, and what stands in its place. */
export interface RememberedSecret {
  readonly secret: ByteText;
  readonly replacement: ByteText;
}

/** So many are kept; the oldest are forgotten. */
const MAX_REMEMBERED = 10_000;

/** What redactors have replaced by its name: a token that one of them saw may turn up before another one. */
export class SecretMemory {
  #entries: RememberedSecret[] = [];
  #forgotten = 0;

  add(secret: RememberedSecret): void {
    this.#entries.push(secret);
    if (this.#entries.length > 2 * MAX_REMEMBERED) {
      this.#forgotten += this.#entries.length - MAX_REMEMBERED;
      this.#entries = this.#entries.slice(-MAX_REMEMBERED);
    }
  }

  /** How many there have been. */
  get count(): number {
    return this.#forgotten + this.#entries.length;
  }

  /** Those that came after the first `count`. */
  since(count: number): readonly RememberedSecret[] {
    return this.#entries.slice(Math.max(0, count - this.#forgotten));
  }
}
