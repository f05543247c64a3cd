import * as assert from 'uvu/assert';
import {
  type Broker,
  Cassette,
  type CassetteStore,
  Interaction,
  type InteractionRequest,
  type LiveResponder,
  type MetadataPair,
  type ResponseChunk,
  type SessionEntry,
} from '../../src/index.js';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const text = (data: Uint8Array): string => Buffer.from(data).toString();

/** A plain request, with what matters to the test put in. */
export function request(overrides: Partial<InteractionRequest> = {}): InteractionRequest {
  return {
    protocol: 'http',
    action: 'GET',
    target: 'https://api.example.com/job',
    headers: [],
    body: new Uint8Array(),
    ...overrides,
  };
}

export function chunk(data: string, sequence = 0, metadata: readonly MetadataPair[] = []): ResponseChunk {
  return { data: bytes(data), sequence, metadata };
}

export function interaction(
  asked: InteractionRequest,
  answers: readonly string[],
  metadata: readonly MetadataPair[] = [],
): Interaction {
  const responseChunks = answers.map((data, sequence) => chunk(data, sequence));
  return new Interaction({ request: asked, responseChunks, metadata });
}

export function cassetteOf(...interactions: Interaction[]): Cassette {
  return new Cassette(interactions);
}

export function sessionOf(id: string, lane = '1', entry = 0): SessionEntry {
  return { id, lane, entry };
}

/** What is read from an answer, by chunk. */
export async function read(answer: AsyncIterable<ResponseChunk>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const { data } of answer) {
    chunks.push(text(data));
  }
  return chunks;
}

/** Asks and reads the answer to its end. */
export async function ask(broker: Broker, asked = request()): Promise<string> {
  return (await read(broker.replay(asked))).join('');
}

/** Asks one after the other. */
export async function askTimes(broker: Broker, times: number, asked = request()): Promise<string[]> {
  const answers: string[] = [];
  for (let n = 0; n < times; n++) {
    answers.push(await ask(broker, asked));
  }
  return answers;
}

/** What the work throws or rejects with. */
export async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return assert.unreachable('it neither threw nor rejected');
}

export function iteratorOf(answer: AsyncIterable<ResponseChunk>): AsyncIterator<ResponseChunk> {
  return answer[Symbol.asyncIterator]();
}

/** The text of the next chunk; undefined at the end. */
export async function next(iterator: AsyncIterator<ResponseChunk>): Promise<string | undefined> {
  const { done, value } = await iterator.next();
  return done ? undefined : text(value.data);
}

const { setImmediate } = globalThis;

/** Lets everything run that is able to run. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Is the promise still open when everything that is able to run has run? */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const settle = () => {
    pending = false;
  };
  promise.then(settle, settle);
  await idle();
  return pending;
}

/** A live responder that gives its n-th caller the n-th answer, in one chunk; the last one sticks. */
export function answering(...answers: string[]): LiveResponder & { readonly requests: InteractionRequest[] } {
  const requests: InteractionRequest[] = [];
  const respond: LiveResponder = async function* (asked) {
    const answer = answers[Math.min(requests.length, answers.length - 1)] as string;
    requests.push(asked);
    yield chunk(answer);
  };
  return Object.assign(respond, { requests });
}

/** One exchange with an upstream that does nothing on its own. */
export class LiveExchange {
  readonly request: InteractionRequest;
  readonly signal: AbortSignal;
  /** True when the Broker has let go of the responder's iterator. */
  left = false;
  readonly #steps: (() => ResponseChunk | undefined)[] = [];
  #sent = 0;
  #wake: () => void = () => {};

  constructor(asked: InteractionRequest, signal: AbortSignal) {
    this.request = asked;
    this.signal = signal;
  }

  send(data: string, metadata: readonly MetadataPair[] = []): void {
    const sequence = this.#sent++;
    this.#step(() => chunk(data, sequence, metadata));
  }

  end(): void {
    this.#step(() => undefined);
  }

  answer(data: string): void {
    this.send(data);
    this.end();
  }

  fail(error: unknown): void {
    this.#step(() => {
      throw error;
    });
  }

  async *stream(): AsyncGenerator<ResponseChunk> {
    try {
      for (;;) {
        const step = this.#steps.shift();
        if (step === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        const sent = step();
        if (sent === undefined) {
          return;
        }
        yield sent;
      }
    } finally {
      this.left = true;
    }
  }

  #step(step: () => ResponseChunk | undefined): void {
    this.#steps.push(step);
    this.#wake();
  }
}

/** An upstream whose every step the test decides. It does not heed the abort signal. */
export class Upstream {
  readonly exchanges: LiveExchange[] = [];
  readonly #arrivals: (() => void)[] = [];

  readonly respond: LiveResponder = (asked, { signal }) => {
    const exchange = new LiveExchange(asked, signal);
    this.exchanges.push(exchange);
    for (const arrived of this.#arrivals.splice(0)) {
      arrived();
    }
    return exchange.stream();
  };

  /** The n-th exchange, from 0, as soon as it has begun. */
  async exchange(n = 0): Promise<LiveExchange> {
    for (;;) {
      const exchange = this.exchanges[n];
      if (exchange !== undefined) {
        return exchange;
      }
      await new Promise<void>((resolve) => {
        this.#arrivals.push(resolve);
      });
    }
  }
}

/** A store in memory whose saves can be held and made to fail. */
export class TestStore implements CassetteStore {
  readonly location = 'test://store';
  stored: Cassette;
  loads = 0;
  /** How many saves were begun. */
  begun = 0;
  /** What was saved, save by save. */
  readonly saves: Cassette[] = [];
  readonly #failures: unknown[] = [];
  readonly #waiting: (() => void)[] = [];
  #held: Promise<void> | undefined;
  #release: () => void = () => {};

  constructor(stored = new Cassette()) {
    this.stored = stored;
  }

  /** Holds every save that begins from now on. */
  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Lets the saves go on. */
  release(): void {
    this.#held = undefined;
    this.#release();
  }

  /** The next save fails with this. */
  failWith(error: unknown): void {
    this.#failures.push(error);
  }

  async load(): Promise<Cassette> {
    this.loads++;
    return this.stored;
  }

  async save(cassette: Cassette): Promise<void> {
    this.begun++;
    await this.#held;
    if (this.#failures.length > 0) {
      throw this.#failures.shift();
    }
    this.#store(cassette);
  }

  saveSync(cassette: Cassette): void {
    this.#store(cassette);
  }

  /** Resolves when this many saves are done. */
  async saved(times: number): Promise<void> {
    while (this.saves.length < times) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  #store(cassette: Cassette): void {
    this.stored = cassette;
    this.saves.push(cassette);
    for (const wake of this.#waiting.splice(0)) {
      wake();
    }
  }
}
