import { existsSync } from 'node:fs';
import { globalOriginal } from './adapters/undici/global-slots.js';
import { dispatcherResponder } from './adapters/undici/live-responder.js';
import { Broker } from './broker.js';
import { ageInMs } from './checked-options.js';
import { Cassette } from './core/cassette.js';
import type { CassetteStore } from './core/cassette-store.js';
import { monotonicNow } from './core/clock.js';
import { withDeadline } from './core/deadline.js';
import {
  type BrokerMode,
  describe,
  RequestOutsideScopeError,
  UnusedInteractionsError,
} from './core/errors.js';
import { atEnd, hostProcess, whenIdle } from './core/host-realm.js';
import { RecordingGroup, type RequestHead } from './core/recording.js';
import type { Guard, Route, Unanswered } from './core/route.js';
import { passthroughOf } from './http/passthrough.js';
import type { ChosenMode, InterpositionOptions } from './options.js';
import { endReport, type ReportedCassette, reportFile, type Tally } from './report-file.js';
import { enterSession, isRootOfSession } from './session.js';
import { aside, storeAt } from './store-at.js';
import { type Address, parseAddress } from './stores/addresses/address.js';
import { JsonFileCassetteStore } from './stores/json-file.js';
import { ScanningCassetteStore } from './stores/scanning.js';
import { loadScanner } from './stores/secretlint.js';
import { logLookup, warnOnce } from './warnings.js';

const DEFAULT_BODY_WAIT_MS = 5000;
const PATIENCE = 3;

/** A Broker that is in use, and what its users share. */
export interface Opened {
  readonly broker: Broker;
  readonly bodyWait: number;
  readonly unused: 'ignore' | 'warn' | 'error';
  readonly guard: Guard;
  readonly nodeHttp: boolean;
  readonly unanswered: Unanswered;
  /** Can its store save at the exit of the process? */
  readonly savesAtExit: boolean;
  passes(head: RequestHead): boolean;
}

const opened = new Set<Opened>();
const groups = new Set<RecordingGroup>();
let watchingExit = false;

/**
 * Opens a cassette.
 *
 * @throws CassetteLoadError where it cannot be loaded; a missing file is one in `replay` only.
 */
export async function openBroker(
  { mode, source, continues = false }: ChosenMode,
  where: string | URL | CassetteStore,
  options: InterpositionOptions,
): Promise<Opened> {
  const address = isAddress(where) ? parseAddress(where) : undefined;
  const mayBeNew = mode !== 'replay' && address !== undefined && isRootOfSession() && !isThere(address);
  const made =
    address === undefined
      ? aside(where as CassetteStore)
      : await storeAt(address, { createIfMissing: mode !== 'replay', warn: warnOnce });
  const store = await scanned(made, options.scan);
  const text = (original: string) => broker.text(original);
  const place = address?.location ?? identity(where);
  const tally = reportFile()?.tally({ location: place, mode, modeSource: source }, text);
  const unanswered: Unanswered = { first: undefined };
  const broker: Broker = await Broker.fromStore(store, {
    mode,
    modeSource: source,
    liveResponder: dispatcherResponder(globalOriginal),
    match: options.match ?? {},
    vary: options.vary,
    redact: options.redact,
    shouldRecord: options.shouldRecord,
    playback: options.playback ?? 'sequence',
    recordFailures: options.recordFailures,
    maxAge: ageInMs(options.maxAge),
    stale: options.stale,
    latency: options.latency,
    readAhead: options.readAhead,
    maxBodySize: options.maxBodySize,
    storeWait: options.storeWait,
    session: enterSession(place, mode !== 'replay', continues),
    observer: {
      lookup(outcome, head, hit) {
        logLookup(outcome, head, text);
        if (hit === undefined) {
          tally?.miss(head);
        } else {
          tally?.hit(hit);
        }
      },
      passed: (head) => tally?.passed(head),
      notBrokered: (head) => tally?.notBrokered(head),
      miss: (error) => {
        unanswered.first ??= error;
      },
      warning: warnOnce,
    },
  });
  if (mayBeNew && broker.cassette.size === 0) {
    warnOnce(`recording into a new cassette, ${address.location}`);
  }
  const {
    bodyWait = DEFAULT_BODY_WAIT_MS,
    unused = 'ignore',
    guard = guardFor(mode),
    nodeHttp = true,
  } = options;
  const passes = passthroughOf(options.passthrough);
  const savesAtExit = store.saveSync !== undefined;
  return opening({ broker, bodyWait, unused, guard, nodeHttp, unanswered, savesAtExit, passes });
}

/** A Broker of the program's own: what it has open at the exit is written all the same. */
export function adopt(broker: Broker): Opened {
  return opening({
    broker,
    bodyWait: DEFAULT_BODY_WAIT_MS,
    unused: 'ignore',
    guard: guardFor(broker.mode),
    nodeHttp: true,
    unanswered: { first: undefined },
    // Whoever made it closes it, where its store cannot.
    savesAtExit: true,
    passes: () => false,
  });
}

/** In replay nothing goes live that nobody named. */
function guardFor(mode: BrokerMode): Guard {
  return mode === 'replay' ? 'error' : 'warn';
}

function opening(entry: Opened): Opened {
  opened.add(entry);
  watchExit();
  return entry;
}

async function scanned(
  store: CassetteStore,
  scan: InterpositionOptions['scan'] = 'off',
): Promise<CassetteStore> {
  if (scan === 'off') {
    return store;
  }
  return new ScanningCassetteStore(store, await loadScanner(), { onFinding: scan, warn: warnOnce });
}

const storeNumbers = new WeakMap<object, number>();
let stores = 0;

/** What tells cassettes apart: where they live, or which store it is. */
export function identity(where: string | URL | CassetteStore): string {
  if (isAddress(where)) {
    return parseAddress(where).location;
  }
  if (where instanceof JsonFileCassetteStore) {
    return where.location;
  }
  if (!storeNumbers.has(where)) {
    storeNumbers.set(where, ++stores);
  }
  return `store ${storeNumbers.get(where)}`;
}

function isAddress(where: string | URL | CassetteStore): where is string | URL {
  return typeof where === 'string' || where instanceof URL;
}

/** Of what is no file, nothing is known before it is loaded. */
function isThere(address: Address): boolean {
  return address.kind === 'file' && existsSync(address.location);
}

/** The way to an opened cassette, for one scope or installation. */
export function routeTo(entry: Opened): Route {
  const group = new RecordingGroup();
  groups.add(group);
  return { ...entry, group };
}

/**
 * A route of its own on which every request is stopped that the options do not let pass.
 *
 * @param refusal The error of such a request, which is told by its method and target.
 * @param missing The cassette that would have had the answers: the report calls such a request a MISS.
 */
export function routeToNothing(
  options: InterpositionOptions,
  refusal: (request: string) => Error,
  missing?: ReportedCassette,
): Route {
  const broker = new Broker(new Cassette(), { redact: options.redact });
  const text = (original: string) => broker.text(original);
  const unanswered: Unanswered = { first: undefined };
  let tally: Tally | undefined;
  return {
    broker,
    group: new RecordingGroup(),
    bodyWait: options.bodyWait ?? DEFAULT_BODY_WAIT_MS,
    guard: options.guard ?? 'error',
    nodeHttp: options.nodeHttp ?? true,
    unanswered,
    passes: passthroughOf(options.passthrough),
    refusal: (head) => {
      tally ??= missing && reportFile()?.tally(missing, text);
      watchExit();
      tally?.miss(head);
      const error = refusal(`${head.action} ${text(head.target)}`);
      unanswered.first ??= error;
      return error;
    },
  };
}

/** A route on which no request is answered: it passes, or it is stopped. */
export function routeAside(route: Route, outside: 'pass' | 'error'): Route {
  if (outside === 'pass') {
    return { ...route, passes: () => true };
  }
  const { broker } = route;
  return {
    ...route,
    refusal: ({ action, target }) => new RequestOutsideScopeError(`${action} ${broker.text(target)}`),
  };
}

/**
 * Waits until every recording that was begun on the route is saved or has failed. One that stays open, and silent for
 * `bodyWait`, or open for three times as long, is cut off and recorded as truncated: a stream with a heartbeat never
 * ends.
 *
 * @throws The first save error that no request surfaced.
 */
export async function settle({ broker, group, bodyWait }: Route): Promise<void> {
  const patienceEnds = monotonicNow() + PATIENCE * bodyWait;
  let waitMs = bodyWait;
  for (let pending = group.pending; pending.length > 0; pending = group.pending) {
    const all = () => Promise.all(pending.map((recording) => recording.settled));
    await withDeadline<unknown>(all, waitMs, () => new Error('a recording is still open')).catch(() => {});
    for (const recording of group.pending) {
      if (recording.open && (recording.idleMs >= bodyWait || monotonicNow() >= patienceEnds)) {
        const { action, target } = recording.head;
        broker.warn(`${action} ${target} was still open when its scope ended: it is recorded as truncated.`);
        await recording.truncate().catch(() => {});
      }
    }
    // What has arrived meanwhile was not silent yet: it is cut off when it is, and not a whole round later.
    const leftMs = group.pending
      .filter(({ open }) => open)
      .map(({ idleMs }) => Math.min(bodyWait - idleMs, patienceEnds - monotonicNow()));
    waitMs = Math.min(bodyWait, ...leftMs);
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
 * @throws UnusedInteractionsError where recordings were not used, and that is to be an error.
 */
export async function closeCassette(entry: Opened): Promise<void> {
  opened.delete(entry);
  await entry.broker.close();
  checkUse(entry);
}

/** A recording is not looked up in `record`, so nothing is unused there. */
function checkUse({ broker, unused }: Opened): void {
  if (unused === 'ignore' || broker.mode === 'record') {
    return;
  }
  const requests = broker.unusedRequests;
  if (requests.length === 0) {
    return;
  }
  const error = new UnusedInteractionsError(broker.location ?? 'in memory', requests);
  if (unused === 'error') {
    throw error;
  }
  broker.warn(error.message);
}

function watchExit(): void {
  if (!watchingExit) {
    watchingExit = true;
    atEnd(closeAllSync);
    whenIdle(closeIdle);
  }
}

/** What was closed while the process had nothing left to do: its cassette then. The program may have gone on. */
const closedIdle = new WeakMap<Opened, Cassette | 'closing'>();
const idleFailures: unknown[] = [];

/** A store that cannot save at the exit drops here what the session has replaced. */
function closeIdle(): void {
  for (const entry of opened) {
    const closed = closedIdle.get(entry);
    if (!entry.savesAtExit && closed !== 'closing' && closed !== entry.broker.cassette) {
      void closeNow(entry);
    }
  }
}

async function closeNow(entry: Opened): Promise<void> {
  closedIdle.set(entry, 'closing');
  try {
    await entry.broker.close();
  } catch (failure) {
    idleFailures.push(failure);
  }
  closedIdle.set(entry, entry.broker.cassette);
}

/** What is still open is written as truncated; a save error that nobody saw is printed and fails the process. */
function closeAllSync(): void {
  const failures: unknown[] = [...idleFailures];
  for (const entry of opened) {
    try {
      entry.broker.closeSync();
      checkUse(entry);
    } catch (failure) {
      failures.push(failure);
    }
  }
  for (const group of groups) {
    failures.push(...group.close(() => {}));
  }
  endReport();
  for (const failure of failures) {
    warnOnce(describe(failure));
  }
  if (failures.length > 0) {
    hostProcess.exitCode ||= 1;
  }
}
