import { monotonicNow, setTimeout } from '../../core/clock.js';
import { withDeadline } from '../../core/deadline.js';
import { reasonOf } from './reason.js';
import type { KeyValueStorage, OpenStorage } from './storage.js';

/** An open connection keeps the process running: it ends where nothing was asked for so long. */
const QUIET_MS = 100;

/** A storage that was made here, and who uses it. */
interface Lease {
  readonly storage: Promise<KeyValueStorage>;
  users: number;
  /** When somebody used it last, on the clock that never goes back. */
  usedAt: number;
  /** What was reported of it since it last did something. */
  trouble: unknown;
}

/** A storage, each answer of which is waited for so long and no longer. One that is made here is ended here. */
export class Connection {
  readonly #open: OpenStorage;
  readonly #isOwn: boolean;
  readonly #waitMs: number;
  #lease: Lease | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(storage: KeyValueStorage | OpenStorage, waitMs: number) {
    this.#isOwn = typeof storage === 'function';
    this.#open = typeof storage === 'function' ? storage : () => storage;
    this.#waitMs = waitMs;
  }

  /** @throws What the storage fails with, or what was reported of it; an Error where it does not answer in time. */
  async use<T>(work: (storage: KeyValueStorage) => Promise<T>): Promise<T> {
    const lease = this.#begin();
    let isLate = false;
    const late = () => {
      isLate = true;
      return new Error(`the storage did not answer within ${this.#waitMs} ms${because(lease.trouble)}`);
    };
    try {
      const result = await withDeadline(async () => work(await lease.storage), this.#waitMs, late);
      lease.trouble = undefined;
      return result;
    } catch (error) {
      this.#giveUp(lease);
      throw isLate ? error : (lease.trouble ?? error);
    } finally {
      this.#end(lease);
    }
  }

  /** Ends the storage where it was made here, as soon as nobody uses it. */
  async close(): Promise<void> {
    const lease = this.#lease;
    if (this.#isOwn && lease !== undefined) {
      this.#giveUp(lease);
      if (lease.users === 0) {
        await disposeOf(lease);
      }
    }
  }

  #begin(): Lease {
    if (this.#lease === undefined) {
      const lease: Lease = {
        storage: Promise.resolve().then(() =>
          this.#open((error) => {
            lease.trouble = error;
          }),
        ),
        users: 0,
        usedAt: 0,
        trouble: undefined,
      };
      this.#lease = lease;
    }
    this.#lease.users++;
    return this.#lease;
  }

  #end(lease: Lease): void {
    lease.users--;
    if (!this.#isOwn || lease.users > 0) {
      return;
    }
    if (lease === this.#lease) {
      lease.usedAt = monotonicNow();
      this.#timer ??= this.#closeAfter(QUIET_MS);
    } else {
      void disposeOf(lease);
    }
  }

  /** One timer for many uses: where it finds that there was one meanwhile, it waits on. */
  #closeAfter(ms: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      const lease = this.#lease;
      this.#timer = undefined;
      const left = lease === undefined ? 0 : lease.usedAt + QUIET_MS - monotonicNow();
      if (left > 0) {
        this.#timer = this.#closeAfter(left);
      } else if (lease?.users === 0) {
        void this.close();
      }
    }, ms);
    // What it ends keeps the process running by itself, if anything does.
    return timer.unref();
  }

  /** Whoever comes next gets another storage: one that failed once may do so for ever. */
  #giveUp(lease: Lease): void {
    if (this.#isOwn && lease === this.#lease) {
      this.#lease = undefined;
    }
  }
}

function because(trouble: unknown): string {
  return trouble === undefined ? '' : ` (${reasonOf(trouble)})`;
}

/** Never rejects: all that was to be stored is. */
async function disposeOf({ storage }: Lease): Promise<void> {
  try {
    await (await storage).dispose();
  } catch {
    // It could not be made, or is gone already.
  }
}
