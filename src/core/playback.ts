import { clearTimeout, loopIdleMs, monotonicNow, setTimeout } from './clock.js';
import { TruncatedRecordingError } from './errors.js';
import { reviveFailure } from './failure.js';
import type { Interaction, ResponseChunk } from './interaction.js';
import { type Latency, paceOf, whenDue } from './pace.js';

/** How much longer than when it was recorded a truncated response waits for the caller's abort. */
const GRACE_MS = 1000;

/**
 * A truncated recording came to its end: stays open, as it was live, until the caller aborts. Gives the function that
 * ends the wait; calls `fail` where the caller does not abort within a second after it did when recorded. Of that second
 * only what the program has nothing to do counts: one that is busy may be about to abort.
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
  let timer: ReturnType<typeof setTimeout>;
  const afterIdle = (ms: number) => {
    if (ms <= 0) {
      fail(new TruncatedRecordingError(request, bytes, recording.endedAfterMs));
      return;
    }
    const before = loopIdleMs();
    timer = setTimeout(() => afterIdle(ms - (loopIdleMs() - before)), ms);
  };
  timer = setTimeout(afterIdle, recording.endedAfterMs - (monotonicNow() - begun), GRACE_MS);
  return () => clearTimeout(timer);
}

/** The recorded chunks, copies of them; the caller may do with their bytes what it likes. */
export async function* play(
  interaction: Interaction,
  signal: AbortSignal | undefined,
  latency: Latency,
): AsyncGenerator<ResponseChunk, void, undefined> {
  const begun = monotonicNow();
  const { responseChunks, recording } = interaction;
  const pace = paceOf(latency, interaction);
  const due = async (ms: number | undefined) => {
    signal?.throwIfAborted();
    if (ms !== undefined) {
      await untilAborted(signal, (done) => whenDue(begun, ms, done));
    }
  };
  for (const { data, sequence, metadata } of responseChunks) {
    // The first one is the head, too.
    await due(sequence === 0 ? pace?.head : pace?.chunk(sequence, responseChunks.length));
    // An exchange that failed before anything had arrived has one empty chunk in the place of a response.
    if (recording.failure === undefined || data.byteLength > 0 || metadata.length > 0) {
      yield { data: new Uint8Array(data), sequence, metadata };
    }
  }
  await due(pace?.end);
  if (recording.failure !== undefined) {
    throw reviveFailure(recording.failure);
  }
  if (recording.truncated) {
    await untilAborted(signal, (_done, fail) => holdOpen(interaction, begun, fail));
  }
}

/** Waits for what `begin` has begun, or for the abort, which ends it: with the function that `begin` gave. */
function untilAborted(
  signal: AbortSignal | undefined,
  begin: (done: () => void, fail: (error: Error) => void) => () => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const leave = () => signal?.removeEventListener('abort', onAbort);
    const end = begin(
      () => {
        leave();
        resolve();
      },
      (error) => {
        leave();
        reject(error);
      },
    );
    const onAbort = () => {
      end();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
