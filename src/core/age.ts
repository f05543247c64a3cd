import { wallNow } from './clock.js';
import type { Interaction } from './interaction.js';

/** What a recording that is older than `maxAge` does. `refresh` records it anew in `auto`, and warns elsewhere. */
export type Stale = 'warn' | 'error' | 'refresh';

/** Is the recording older than this now? One that does not say when it was recorded is not. */
export function isStale({ recording }: Interaction, maxAgeMs: number): boolean {
  if (maxAgeMs === Number.POSITIVE_INFINITY) {
    return false;
  }
  const { recordedAtMs } = recording;
  return recordedAtMs !== undefined && wallNow() - recordedAtMs > maxAgeMs;
}
