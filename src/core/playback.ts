import { clearTimeout, monotonicNow, setTimeout } from './clock.js';
import { TruncatedRecordingError } from './errors.js';
import type { Interaction, ResponseChunk } from './interaction.js';

/** How much longer than when it was recorded a truncated response waits for the caller's abort. */
const GRACE_MS = 1000;

/**
 * A truncated recording came to its end: stays open, as it was live, until the caller aborts. Gives the function that
 * ends the wait; calls `fail` where the caller does not abort within a second after it did when recorded.
 *
 * @param begun When the request was dispatched, on the monotonic clock.
 */
export function holdOpen(
  interaction: Interaction,
  begun: number,
  fail: (error: TruncatedRecordingError) => void,
): () => void {
  const { request, responseChunks, recording } = interaction;
  const bytes = responseChunks.reduce((sum, chunk) => sum + chunk.data.byteLength, 0);
  const wait = Math.max(0, recording.endedAfterMs + GRACE_MS - (monotonicNow() - begun));
  const timer = setTimeout(
    () => fail(new TruncatedRecordingError(request, bytes, recording.endedAfterMs)),
    wait,
  );
  return () => clearTimeout(timer);
}

/** The recorded chunks, copies of them; the caller may do with their bytes what it likes. */
export async function* play(
  interaction: Interaction,
  signal: AbortSignal | undefined,
): AsyncGenerator<ResponseChunk, void, undefined> {
  const begun = monotonicNow();
  for (const { data, sequence, metadata } of interaction.responseChunks) {
    signal?.throwIfAborted();
    yield { data: new Uint8Array(data), sequence, metadata };
  }
  signal?.throwIfAborted();
  if (interaction.recording.truncated) {
    await new Promise<never>((_, reject) => {
      const onAbort = () => {
        stop();
        reject(signal?.reason);
      };
      const stop = holdOpen(interaction, begun, (error) => {
        signal?.removeEventListener('abort', onAbort);
        reject(error);
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
