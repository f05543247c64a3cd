import { InteractionValidationError, InterpositionError } from './errors.js';
import { type InteractionRequest, type ResponseChunk, validChunk } from './interaction.js';
import type { LiveResponder } from './live-responder.js';
import type { Recording } from './recording.js';

/** What a forwarded exchange is made of. */
export interface Forwarding {
  readonly liveResponder: LiveResponder;
  readonly request: InteractionRequest;
  readonly recording: Recording;
  readonly signal: AbortSignal | undefined;
  /** How many bytes the recorder may be ahead of the caller. */
  readonly readAhead: number;
  /** Is a failure of the upstream part of the recording? */
  readonly recordFailures: boolean;
  /** A text for people, without secrets. */
  text(text: string): string;
}

/**
 * Answers a request live while it is recorded. Chunks pass as they arrive; the end waits for the save. A caller that
 * stops reading stops only reading; an abort aborts the upstream, and what had arrived is the recording.
 */
export async function* forward(forwarding: Forwarding): AsyncGenerator<ResponseChunk, void, undefined> {
  const { recording, signal } = forwarding;
  const channel = new Channel(forwarding.readAhead);
  const upstream = new AbortController();
  const onAbort = () => {
    upstream.abort(signal?.reason);
    channel.abort(signal?.reason);
    void recording.truncate();
  };
  if (signal?.aborted) {
    recording.discard();
    throw signal.reason;
  }
  signal?.addEventListener('abort', onAbort, { once: true });
  void pump(forwarding, upstream.signal, channel).finally(() =>
    signal?.removeEventListener('abort', onAbort),
  );
  try {
    for (;;) {
      const chunk = await channel.pull();
      if (chunk === undefined) {
        return;
      }
      yield chunk;
    }
  } catch (error) {
    recording.surfaced ||= error === recording.failure;
    throw error;
  } finally {
    channel.leave();
  }
}

/** Drives the live responder to its end, whether or not anybody reads. Never rejects. */
async function pump(forwarding: Forwarding, signal: AbortSignal, channel: Channel): Promise<void> {
  const { liveResponder, request, recording } = forwarding;
  let sequence = 0;
  try {
    for await (const chunk of liveResponder(request, { signal })) {
      if (signal.aborted) {
        return;
      }
      const { data, metadata } = validChunk(chunk, sequence);
      recording.add(data, metadata);
      await channel.push({ data, sequence, metadata });
      sequence++;
    }
    if (sequence === 0) {
      throw new InteractionValidationError(
        'responseChunks',
        `are empty: the live responder answered ${forwarding.text(`${request.action} ${request.target}`)} without a chunk.`,
      );
    }
    await recording.end();
    channel.close();
  } catch (error) {
    channel.fail(await failureFor(forwarding, error));
  }
}

/** What the caller gets for a failure: the upstream's own error, or the one of the save that was to keep it. */
async function failureFor({ recording, recordFailures }: Forwarding, error: unknown): Promise<unknown> {
  if (!recordFailures || error instanceof InterpositionError) {
    recording.discard();
    return error;
  }
  return recording.fail(error).then(
    () => error,
    (failure: unknown) => failure,
  );
}

/** A queue between the upstream and one reader, with a bound on what waits in it. */
class Channel {
  readonly #limit: number;
  #queue: ResponseChunk[] = [];
  #bytes = 0;
  #ended = false;
  #error: { readonly reason: unknown } | undefined;
  #left = false;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room again, or nobody is left to make any. */
  async push(chunk: ResponseChunk): Promise<void> {
    if (this.#left || this.#error !== undefined) {
      return;
    }
    this.#queue.push(chunk);
    this.#bytes += chunk.data.byteLength;
    this.#wakeReader();
    while (this.#bytes > this.#limit && !this.#left && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
  }

  close(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  /** The reader gets what is in the queue, then the error. */
  fail(reason: unknown): void {
    this.#error ??= { reason };
    this.#wakeReader();
  }

  /** The reader gets the error at once. */
  abort(reason: unknown): void {
    this.#queue = [];
    this.#error = { reason };
    this.#wakeReader();
    this.#wakeWriter();
  }

  /** Nobody reads any more. */
  leave(): void {
    this.#left = true;
    this.#queue = [];
    this.#wakeWriter();
  }

  /** The next chunk; undefined at the end. */
  async pull(): Promise<ResponseChunk | undefined> {
    for (;;) {
      const chunk = this.#queue.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.data.byteLength;
        this.#wakeWriter();
        return chunk;
      }
      if (this.#error !== undefined) {
        throw this.#error.reason;
      }
      if (this.#ended) {
        return undefined;
      }
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }
}
