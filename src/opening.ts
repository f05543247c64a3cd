import { existsSync } from 'node:fs';
import type { Route } from './adapters/undici/dispatch.js';
import { globalOriginal } from './adapters/undici/global-slots.js';
import { dispatcherResponder } from './adapters/undici/live-responder.js';
import { Broker } from './core/broker.js';
import type { CassetteStore } from './core/cassette-store.js';
import { monotonicNow } from './core/clock.js';
import { withDeadline } from './core/deadline.js';
import { describe } from './core/errors.js';
import { RecordingGroup } from './core/recording.js';
import { httpMatchKey } from './http/match.js';
import type { ChosenMode, InterpositionOptions } from './options.js';
import { enterSession, isRootOfSession } from './session.js';
import { JsonFileCassetteStore } from './stores/json-file.js';
import { logLookup, warnOnce } from './warnings.js';

const DEFAULT_BODY_WAIT_MS = 5000;
const PATIENCE = 3;

/** A Broker that is in use, and what its users share. */
export interface Opened {
  readonly broker: Broker;
  readonly bodyWait: number;
}

const opened = new Set<Opened>();
const groups = new Set<RecordingGroup>();
let watchingExit = false;

/**
 * Opens a cassette.
 *
 * @throws CassetteLoadError where it cannot be loaded; a missing file is one in `replay` only.
 */
export async function openCassette(
  { mode, source, continues = false }: ChosenMode,
  where: string | URL | CassetteStore,
  options: InterpositionOptions,
): Promise<Opened> {
  const store = storeFor(where, mode !== 'replay');
  const broker = await Broker.fromStore(store, {
    mode,
    modeSource: source,
    liveResponder: dispatcherResponder(globalOriginal),
    project: httpMatchKey,
    playback: options.playback ?? 'sequence',
    readAhead: options.readAhead,
    storeWait: options.storeWait,
    session: enterSession(identity(where), mode !== 'replay', continues),
    observer: { lookup: logLookup, warning: warnOnce },
  });
  const bodyWait = options.bodyWait ?? DEFAULT_BODY_WAIT_MS;
  const entry = { broker, bodyWait };
  opened.add(entry);
  watchExit();
  return entry;
}

/** A Broker of the program's own: what it has open at the exit is written all the same. */
export function adopt(broker: Broker): Opened {
  const entry = { broker, bodyWait: DEFAULT_BODY_WAIT_MS };
  opened.add(entry);
  watchExit();
  return entry;
}

const storeNumbers = new WeakMap<object, number>();
let stores = 0;

/** What tells cassettes apart: a file's path, or which store it is. */
export function identity(where: string | URL | CassetteStore): string {
  if (typeof where === 'string' || where instanceof URL) {
    return new JsonFileCassetteStore(where).location;
  }
  if (where instanceof JsonFileCassetteStore) {
    return where.location;
  }
  if (!storeNumbers.has(where)) {
    storeNumbers.set(where, ++stores);
  }
  return `store ${storeNumbers.get(where)}`;
}

function storeFor(where: string | URL | CassetteStore, createIfMissing: boolean): CassetteStore {
  if (typeof where !== 'string' && !(where instanceof URL)) {
    return where;
  }
  const store = new JsonFileCassetteStore(where, { createIfMissing, warn: warnOnce });
  if (createIfMissing && isRootOfSession() && !existsSync(store.location)) {
    warnOnce(`recording into a new cassette, ${store.location}`);
  }
  return store;
}

/** The way to an opened cassette, for one scope or installation. */
export function routeTo(entry: Opened): Route {
  const group = new RecordingGroup();
  groups.add(group);
  return { ...entry, group };
}

/**
 * Waits until every recording that was begun on the route is saved or has failed. One that stays open, and silent for
 * `bodyWait`, or open for three times as long, is cut off and recorded as truncated: a stream with a heartbeat never
 * ends.
 *
 * @throws The first save error that no request surfaced.
 */
export async function settle({ group, bodyWait }: Route): Promise<void> {
  const patienceEnds = monotonicNow() + PATIENCE * bodyWait;
  for (let pending = group.pending; pending.length > 0; pending = group.pending) {
    const all = () => Promise.all(pending.map((recording) => recording.settled));
    await withDeadline<unknown>(all, bodyWait, () => new Error('a recording is still open')).catch(() => {});
    for (const recording of group.pending) {
      if (recording.open && (recording.idleMs >= bodyWait || monotonicNow() >= patienceEnds)) {
        const { action, target } = recording.head;
        warnOnce(`${action} ${target} was still open when its scope ended: it is recorded as truncated.`);
        await recording.truncate().catch(() => {});
      }
    }
  }
  groups.delete(group);
  const [failure] = group.close((late) => warnOnce(describe(late)));
  if (failure !== undefined) {
    throw failure;
  }
}

/**
 * Nobody uses the cassette any more: its session ends.
 *
 * @throws CassetteSaveError where the last save fails.
 */
export async function closeCassette(entry: Opened): Promise<void> {
  opened.delete(entry);
  await entry.broker.close();
}

function watchExit(): void {
  if (!watchingExit) {
    watchingExit = true;
    process.on('exit', closeAllSync);
  }
}

/** What is still open is written as truncated; a save error that nobody saw is printed and fails the process. */
function closeAllSync(): void {
  const failures: unknown[] = [];
  for (const { broker } of opened) {
    try {
      broker.closeSync();
    } catch (failure) {
      failures.push(failure);
    }
  }
  for (const group of groups) {
    failures.push(...group.close(() => {}));
  }
  for (const failure of failures) {
    warnOnce(describe(failure));
  }
  if (failures.length > 0) {
    process.exitCode ||= 1;
  }
}
