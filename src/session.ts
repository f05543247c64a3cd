import { randomBytes } from 'node:crypto';
import { threadId } from 'node:worker_threads';
import type { SessionEntry } from './core/broker-options.js';
import { isoNow } from './core/clock.js';
import { hostProcess } from './core/host-realm.js';

const VARIABLE = 'INTERPOSITION_SESSION';

/** Was this process started by one that is recording? Then it belongs to the same session. */
const inherited = hostProcess.env[VARIABLE];
let own: string | undefined;
const entries = new Map<string, number>();

export function isRootOfSession(): boolean {
  return inherited === undefined;
}

/**
 * A new entry of a cassette: the lane that it records, the one that it replays. Workers and children of a process that
 * records inherit its session through the environment.
 *
 * @param continues Is what this session has recorded so far to count as an earlier one's?
 */
export function enterSession(location: string, records: boolean, continues = false): SessionEntry {
  const entry = entries.get(location) ?? 0;
  entries.set(location, entry + 1);
  const lane = inherited === undefined ? `${entry + 1}` : `${process.pid}.${threadId}.${entry + 1}`;
  const id = records ? sessionId() : '';
  return { id: continues ? `${id}.${entry + 1}` : id, lane, entry };
}

function sessionId(): string {
  own ??= inherited ?? `${isoNow().replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
  hostProcess.env[VARIABLE] = own;
  // A sandbox's copy of the environment is what its program hands to a child by name.
  process.env[VARIABLE] = own;
  return own;
}
