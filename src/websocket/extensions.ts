import { constants, inflateRawSync } from 'node:zlib';
import type { HeaderPair } from '../core/interaction.js';

/** What was agreed on about compression (RFC 7692); undefined where messages are not compressed. */
export type Compression = { readonly [side in 'client' | 'server']: { readonly takeover: boolean } };

/** What a server has accepted, from its answer; `unknown` where there is more than compression. */
export function compressionOf(headers: readonly HeaderPair[]): Compression | undefined | 'unknown' {
  const accepted = extensionsOf(headers);
  const [first, ...others] = accepted;
  if (first === undefined) {
    return undefined;
  }
  const [name, ...parameters] = first.split(';').map((part) => part.trim().toLowerCase());
  if (others.length > 0 || name !== 'permessage-deflate') {
    return 'unknown';
  }
  const takeover = (side: string) => ({ takeover: !parameters.includes(`${side}_no_context_takeover`) });
  return { client: takeover('client'), server: takeover('server') };
}

/** Does a client offer to compress? */
export function offersCompression(headers: readonly HeaderPair[]): boolean {
  return extensionsOf(headers).some((offer) => /^permessage-deflate\s*(?:;|$)/i.test(offer));
}

function extensionsOf(headers: readonly HeaderPair[]): string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'sec-websocket-extensions')
    .flatMap(([, value]) => value.split(','))
    .map((extension) => extension.trim())
    .filter(Boolean);
}

/** What a sender leaves out at the end of each message (RFC 7692, 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** So far back does compressed data reach. */
const WINDOW = 32 * 1024;

/** Decompresses the messages of one side, in their order. */
export class Inflater {
  readonly #takeover: boolean;
  readonly #limit: number;
  #window: Buffer = Buffer.alloc(0);

  /**
   * @param takeover Does a message refer to those before it?
   * @param limit How many bytes a message may have.
   */
  constructor(takeover: boolean, limit: number) {
    this.#takeover = takeover;
    this.#limit = limit;
  }

  /**
   * The data of a message. Of one that is larger than the limit, as many zeros as are too many: nobody is to hold all of it.
   *
   * @throws Error of zlib, for data that is not compressed.
   */
  inflate(data: Uint8Array): Uint8Array {
    const inflated = this.#inflated(data);
    if (this.#takeover) {
      this.#window = Buffer.concat([this.#window, inflated]).subarray(-WINDOW);
    }
    return inflated;
  }

  #inflated(data: Uint8Array): Uint8Array {
    try {
      return inflateRawSync(Buffer.concat([data, TAIL]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(this.#window.byteLength > 0 && { dictionary: this.#window }),
        ...(Number.isFinite(this.#limit) && { maxOutputLength: this.#limit + 1 }),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        return new Uint8Array(this.#limit + 1);
      }
      throw error;
    }
  }
}
