import { withDeadline } from '../../core/deadline.js';
import type { Recording } from '../../core/recording.js';

/**
 * The redirects whose recordings are not saved yet, by where they lead. A program that follows one does not wait for
 * its end, so the end of the response that it led to waits for it.
 */
export class Redirects {
  readonly #byTarget = new Map<string, Set<Recording>>();
  readonly #wait: number;

  /** @param wait How long the body of a redirect may stay open, in ms; then it is cut off. */
  constructor(wait: number) {
    this.#wait = wait;
  }

  add(target: string, recording: Recording): void {
    const recordings = this.#byTarget.get(target) ?? new Set();
    recordings.add(recording);
    this.#byTarget.set(target, recordings);
    void recording.settled.then(() => {
      recordings.delete(recording);
      if (recordings.size === 0 && this.#byTarget.get(target) === recordings) {
        this.#byTarget.delete(target);
      }
    });
  }

  /**
   * Resolves when the redirects that led to this request are saved.
   *
   * @throws CassetteSaveError where one could not be saved.
   */
  async saved(recording: Recording): Promise<void> {
    const earlier = [...(this.#byTarget.get(recording.head.target) ?? [])];
    for (const redirect of earlier.filter(({ order }) => order < recording.order)) {
      await withDeadline(
        () => redirect.settled,
        this.#wait,
        () => new Error('the redirect is still open'),
      ).catch(() => redirect.truncate());
      if (redirect.failure !== undefined) {
        redirect.surfaced = true;
        throw redirect.failure;
      }
    }
  }
}
