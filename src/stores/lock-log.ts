/** The state that a file had before somebody began to append to it. */
export interface Committed {
  /** Its size in bytes. */
  readonly size: number;
  /** Its inode, so that another file in its place is not taken for it. */
  readonly ino: string;
}

/** What a lock file says: its first line names who made it, and each line behind that is one of `lines`. */
export interface LockLog {
  /** The thread that has the lock; '' where the file does not say so yet. */
  readonly holder: string;
  /** How often the lock has gone over to another thread. */
  readonly term: number;
  /** Is nothing under way, so that anybody may take it? */
  readonly isFree: boolean;
  /** What the holder's append began with, where one is under way. */
  readonly committed: Committed | undefined;
}

/**
 * The lines of a lock file. Each goes to its end in one write, which gives all of them one order: so of several threads
 * that want a free lock the first line counts, and its holder sees whether it came too late. A line that does not fit
 * counts for nothing: of another term, to take what is not free, cut off.
 */
export const lines = {
  /** Its holder needs it no more, for now. */
  free: (term: number): string => `${term} free.\n`,
  /** Its holder needs it again, to append where it knows what the file holds. */
  busy: (term: number, committed: Committed | undefined): string =>
    committed === undefined ? `${term} busy.\n` : lines.note(term, committed),
  /** Its holder is about to append. */
  note: (term: number, { size, ino }: Committed): string => `${term} ${size} ${ino}.\n`,
  /** Somebody takes a free lock: the term is the next one. */
  take: (term: number, holder: string): string => `${term} ${holder}.\n`,
};

const LINE = /^(\d+) (?:(free|busy)|(\d{1,15}) (\d+)|(\d+\.\S+))\.$/;

/** What a lock file says. */
export function readLog(text: string): LockLog {
  const [maker = '', ...rest] = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  let log: LockLog = { holder: maker, term: 0, isFree: false, committed: undefined };
  for (const line of rest) {
    const [, number, state, size, ino, taker] = LINE.exec(line) ?? [];
    const term = Number(number);
    if (taker !== undefined) {
      log =
        log.isFree && term === log.term + 1
          ? { holder: taker, term, isFree: false, committed: undefined }
          : log;
    } else if (term === log.term && state !== undefined) {
      log = { ...log, isFree: state === 'free', committed: undefined };
    } else if (term === log.term && ino !== undefined) {
      log = { ...log, isFree: false, committed: { size: Number(size), ino } };
    }
  }
  return log;
}
