import type { Interaction } from './interaction.js';

/** What a recording that is older than `maxAge` does. `refresh` records it anew in `auto`, and warns elsewhere. */
export type Stale = 'warn' | 'error' | 'refresh';

/** Is the recording older than this? One that does not say when it was recorded is not. */
export function isStale({ recording }: Interaction, maxAgeMs: number, nowMs: number): boolean {
  return recording.recordedAtMs !== undefined && nowMs - recording.recordedAtMs > maxAgeMs;
}
