import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import undici from 'undici';
import * as assert from 'uvu/assert';
import { type BrokerMode, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { type BodyKind, CLIENTS, type ClientName, type Heard } from './abort-clients.js';
import { type Loopback, loopback } from './loopback.js';
import { within } from './ways-in.js';

/** When a request is given up; a number counts microtasks. */
export type Moment = 'before' | 'now' | number | 'tick' | 'immediate' | 'seen' | Heard;

/** One request of a program. */
export interface Step {
  readonly client: ClientName;
  readonly body: BodyKind;
  readonly path: string;
  /** Undefined where it is not given up. */
  readonly moment: Moment | undefined;
  /** Is the next one made in the turn in which this one is, or once this one has ended? */
  readonly goesOn: boolean;
}

export interface AbortProgram {
  readonly steps: readonly Step[];
  /** Has a client one connection only? */
  readonly isNarrow: boolean;
  /** Does the program itself set undici's global dispatcher, or was that done before it? */
  readonly setsDispatcher: boolean;
}

/** So many turns of the event loop go by in replay, where no server sees a request. */
const UNSEEN_TURNS = 10;

/** Answers `answer N`, with N for each request that it has seen whole; or the beginning of it, where that is to be aborted. */
export class CountingServer {
  readonly #seen = new Map<string, () => void>();
  #answers = 0;
  #loopback: Loopback | undefined;

  static async start(): Promise<CountingServer> {
    const server = new CountingServer();
    server.#loopback = await loopback((request, response) => server.#answer(request, response));
    return server;
  }

  get url(): string {
    return this.#loopback?.url ?? '';
  }

  async close(): Promise<void> {
    await this.#loopback?.close();
  }

  restart(): void {
    this.#answers = 0;
    this.#seen.clear();
  }

  /** Calls back when it has seen the head of this request. */
  whenSeen(id: string, callback: () => void): void {
    this.#seen.set(id, callback);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { 'x-id': id, 'x-moment': moment } = request.headers;
    this.#seen.get(String(id))?.();
    request.on('error', () => {});
    request.resume().on('end', () => {
      const answer = `answer ${++this.#answers}`;
      if (moment === 'head') {
        response.flushHeaders();
      } else if (moment === 'part') {
        response.write(answer);
      } else if (moment !== 'seen') {
        response.end(answer);
      }
    });
  }
}

/**
 * Runs the program, and gives what each of its requests came to.
 *
 * @param within Runs it in its scope.
 */
export async function runProgram(
  { steps, isNarrow, setsDispatcher }: AbortProgram,
  server: CountingServer,
  isReplay: boolean,
  within: (program: () => Promise<string[]>) => Promise<string[]>,
): Promise<string[]> {
  server.restart();
  const agent = new Agent({ keepAlive: true, ...(isNarrow && { maxSockets: 1 }) });
  const dispatcher = new undici.Agent({ ...(isNarrow && { connections: 1 }) });
  const original = undici.getGlobalDispatcher();
  const setDispatcher = () => undici.setGlobalDispatcher(dispatcher);
  const program = async () => {
    const outcomes: Promise<string>[] = [];
    if (setsDispatcher) {
      setDispatcher();
    }
    for (const [index, step] of steps.entries()) {
      outcomes.push(make(step, { id: String(index), server, isReplay, agent, dispatcher }));
      if (!step.goesOn) {
        await Promise.all(outcomes);
      }
    }
    return Promise.all(outcomes);
  };
  try {
    if (!setsDispatcher) {
      setDispatcher();
    }
    return await within(program);
  } finally {
    undici.setGlobalDispatcher(original);
    agent.destroy();
    await dispatcher.destroy();
  }
}

interface Making {
  readonly id: string;
  readonly server: CountingServer;
  readonly isReplay: boolean;
  readonly agent: Agent;
  readonly dispatcher: undici.Dispatcher;
}

function make(
  { client, body, path, moment }: Step,
  { id, server, isReplay, agent, dispatcher }: Making,
): Promise<string> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (moment === 'before') {
    abort();
  } else if (moment === 'seen' && !isReplay) {
    server.whenSeen(id, abort);
  }
  const outcome = CLIENTS[client]
    .ask({
      url: server.url + path,
      body,
      headers: { 'x-id': id, ...(moment !== undefined && { 'x-moment': String(moment) }) },
      signal: controller.signal,
      agent,
      dispatcher,
      hears: (what) => what === moment && abort(),
    })
    .catch(({ name }: Error) => name);
  if (moment === 'now') {
    abort();
  } else if (moment === 'tick') {
    process.nextTick(abort);
  } else if (moment === 'immediate') {
    setImmediate(abort);
  } else if (moment === 'seen' && isReplay) {
    afterTurns(UNSEEN_TURNS, abort);
  } else if (typeof moment === 'number') {
    void afterMicrotasks(moment, abort);
  }
  return outcome;
}

async function afterMicrotasks(count: number, callback: () => void): Promise<void> {
  for (let left = count; left > 0; left--) {
    await undefined;
  }
  callback();
}

function afterTurns(count: number, callback: () => void): void {
  setImmediate(() => (count > 1 ? afterTurns(count - 1, callback) : callback()));
}

/** Each request sees in replay what it saw while it was recorded, in this mode. */
export async function assertSameInReplay(
  program: AbortProgram,
  server: CountingServer,
  first: BrokerMode,
): Promise<readonly string[]> {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const seenIn = (mode: BrokerMode) =>
    within(
      10_000,
      runProgram(program, server, mode === 'replay', (run) => withCassette({ store, mode }, run)),
    );
  const recorded = await seenIn(first);
  assert.equal(await seenIn('replay'), recorded, first);
  return recorded;
}
