import { randomBytes } from 'node:crypto';
import {
  type BrokerObserver,
  type BrokerOptions,
  checkedBrokerOptions,
  type Projection,
  type SessionEntry,
} from './broker-options.js';
import { Cassette } from './cassette.js';
import { type CassetteStore, locationOf } from './cassette-store.js';
import { isoNow } from './clock.js';
import { withDeadline } from './deadline.js';
import {
  type BrokerMode,
  CassetteLoadError,
  InteractionNotFoundError,
  InterpositionError,
} from './errors.js';
import { fingerprint } from './fingerprint.js';
import { forward } from './forward.js';
import { Interaction, type InteractionRequest, type ResponseChunk, validRequest } from './interaction.js';
import type { LiveResponder } from './live-responder.js';
import type { MetadataPair } from './metadata.js';
import { play } from './playback.js';
import { Recording, type RecordingGroup, type RequestHead } from './recording.js';
import { Saver } from './saver.js';
import { type Playback, type Story, StoryIndex } from './story.js';
import { type Turn, Turns } from './turns.js';

/** Counts of what a Broker did. */
export interface BrokerStats {
  readonly hits: number;
  readonly misses: number;
  readonly recorded: number;
}

const processSession = randomBytes(6).toString('hex');
let brokers = 0;

/**
 * Stands between a program and its upstream: looks each request up in a cassette, and on a MISS does what its mode
 * says. Protocol-agnostic: `replay` is all that a protocol needs; adapters use `lookup` and `record`, which it is
 * built of.
 *
 * @throws InvalidOptionError from the constructor for an unknown mode or playback.
 * @throws LiveResponderRequiredError from the constructor: `record` or `auto` without a live responder.
 */
export class Broker {
  readonly #mode: BrokerMode;
  readonly liveResponder: LiveResponder | undefined;
  readonly cassetteStore: CassetteStore | undefined;
  /** How many bytes a recorder may be ahead of the caller. */
  readonly readAhead: number;

  readonly #project: Projection;
  readonly #playback: Playback;
  readonly #session: SessionEntry;
  readonly #modeSource: string | undefined;
  readonly #observer: BrokerObserver;

  #cassette: Cassette;
  readonly #saver: Saver;
  /** The recordings that failed to be saved, and whose readers may have left before they were told. */
  readonly #untold = new Set<Recording>();
  readonly #index = new StoryIndex();
  readonly #asked = new Map<string, number>();
  /** By match key: the places of the requests whose recordings were collapsed. */
  readonly #collapsed = new Map<string, number[]>();
  readonly #open = new Set<Recording>();
  readonly #turns = new Turns();
  #order = 0;
  #stats = { hits: 0, misses: 0, recorded: 0 };

  constructor(cassette: Cassette, options: BrokerOptions = {}) {
    const checked = checkedBrokerOptions(options);
    this.#mode = checked.mode;
    this.liveResponder = checked.liveResponder;
    this.cassetteStore = checked.cassetteStore;
    this.readAhead = checked.readAhead;
    this.#project = checked.project ?? fingerprint;
    this.#playback = checked.playback;
    this.#session = options.session ?? { id: processSession, lane: `b${++brokers}`, entry: 0 };
    this.#modeSource = options.modeSource;
    this.#observer = options.observer ?? {};
    this.#cassette = cassette;
    this.#saver = new Saver(checked.cassetteStore, cassette, checked.storeWait);
    for (const interaction of cassette.interactions) {
      this.#index.add(this.#keyOf(interaction), interaction);
    }
  }

  /**
   * A Broker on the cassette that `store` holds.
   *
   * @throws LiveResponderRequiredError and InvalidOptionError before anything is loaded.
   * @throws CassetteLoadError where the store cannot load: it keeps its own decision about missing storage.
   */
  static async fromStore(
    store: CassetteStore,
    options: Omit<BrokerOptions, 'cassetteStore'> = {},
  ): Promise<Broker> {
    const { storeWait: wait } = checkedBrokerOptions(options);
    const location = locationOf(store);
    const cassette = await withDeadline(
      () => store.load(),
      wait,
      () => new CassetteLoadError(location, { problem: `the store did not answer within ${wait} ms` }),
    ).catch((cause: unknown) => {
      throw cause instanceof InterpositionError ? cause : new CassetteLoadError(location, { cause });
    });
    if (!(cassette instanceof Cassette)) {
      throw new CassetteLoadError(location, { problem: 'the store gave something that is no Cassette' });
    }
    return new Broker(cassette, { ...options, cassetteStore: store });
  }

  get mode(): BrokerMode {
    return this.#mode;
  }

  /** The cassette as it is now. In the course of a refresh it still holds what `close` will drop. */
  get cassette(): Cassette {
    return this.#cassette;
  }

  get stats(): BrokerStats {
    return { ...this.#stats };
  }

  /** Where the cassette lives, as messages name it. */
  get location(): string | undefined {
    return this.cassetteStore === undefined ? undefined : locationOf(this.cassetteStore);
  }

  /**
   * Answers a request: with the recording on a HIT, and as the mode says on a MISS. Which of several identical
   * requests it is, is decided by this call and not by the first read.
   *
   * @param options.signal The caller's abort: ends the answer with the signal's reason.
   * @returns The response's chunks, to be read once. Reading throws InteractionNotFoundError on a MISS in `replay`,
   * TruncatedRecordingError at the end of a recording that was cut off, CassetteSaveError in place of the end where
   * the recording could not be saved, InteractionValidationError for chunks out of order, and whatever the live
   * responder throws.
   * @throws InteractionValidationError at once, for a request that is not well formed.
   */
  replay(
    request: InteractionRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<ResponseChunk> {
    const { signal } = options;
    const valid = validRequest(request);
    const order = this.reserve();
    const hit = this.lookup(request);
    if (hit !== undefined) {
      return play(hit, signal);
    }
    if (this.liveResponder === undefined || this.mode === 'replay') {
      return failing(this.notFound(request));
    }
    // A copy of the bytes: what is recorded is what was sent, also where the caller uses its buffer again.
    const sent = { ...valid, body: new Uint8Array(valid.body) };
    return this.#forward(this.liveResponder, sent, order, signal);
  }

  /** Reserves the next place in the order of this Broker's requests. */
  reserve(): number {
    return ++this.#order;
  }

  /**
   * The recording that answers this request, if there is one; it counts as used. Always undefined in `record`.
   */
  lookup(request: InteractionRequest): Interaction | undefined {
    const hit = this.mode === 'record' ? undefined : this.#take(this.#project(request));
    this.#count(hit === undefined ? 'MISS' : 'HIT', request);
    return hit;
  }

  /** Must a request of this head wait for others, dispatched before it, whose bodies are still being read? */
  mustQueue(head: RequestHead): boolean {
    return this.#turns.waiting(turnName(head));
  }

  /** A place in the queue for a request whose body has to be read before it can be looked up. */
  takeTurn(head: RequestHead): Turn {
    return this.#turns.take(turnName(head), this.reserve());
  }

  /** `lookup` for a request that took a turn: identical requests are answered in the order of their dispatch. */
  async lookupInTurn(request: InteractionRequest, turn: Turn): Promise<Interaction | undefined> {
    try {
      if (this.#index.get(this.#project(request))?.dependsOnOrder) {
        await turn.earlier;
      }
      return this.lookup(request);
    } finally {
      turn.done();
    }
  }

  /**
   * Begins a recording.
   *
   * @param options.order The place that was reserved for the request; the next one where left out.
   * @param options.group Who waits for the recording to settle.
   */
  record(head: RequestHead, options: { order?: number; group?: RecordingGroup | undefined } = {}): Recording {
    const recording = new Recording(
      {
        commit: (ended, outcome) => this.#commit(ended, outcome),
        forget: (ended) => this.#open.delete(ended),
      },
      head,
      options.order ?? this.reserve(),
    );
    this.#open.add(recording);
    options.group?.add(recording);
    return recording;
  }

  /** Counts a request that goes live without a look-up, as every request does in `record`. */
  countMiss(head: RequestHead): void {
    this.#count('MISS', head);
  }

  /** The error for a MISS in `replay`. */
  notFound(request: InteractionRequest): InteractionNotFoundError {
    const { interactions, size } = this.#cassette;
    const similar = interactions.filter(
      (known) => known.request.action === request.action && known.request.target === request.target,
    ).length;
    return new InteractionNotFoundError(request, {
      location: this.location,
      mode: this.mode,
      modeSource: this.#modeSource,
      size,
      similar,
    });
  }

  /** Tells the user, through whoever made this Broker. */
  warn(message: string): void {
    this.#observer.warning?.(message);
  }

  /**
   * Ends the session: drops what it superseded from the store, in one save. The Broker goes on working.
   *
   * @throws CassetteSaveError where the save fails.
   */
  async close(): Promise<void> {
    const told = this.#wasTold();
    this.#compact();
    await this.#save().catch((error: unknown) => {
      if (!told) {
        throw error;
      }
    });
    await this.#saver.flush();
  }

  /**
   * For the exit of the process: writes the exchanges that are still open as truncated, where the store can.
   *
   * @throws CassetteSaveError where the save fails.
   */
  closeSync(): void {
    for (const recording of this.#open) {
      void recording.truncate();
    }
    const told = this.#wasTold();
    this.#compact();
    try {
      this.#saver.saveSync(this.#cassette);
    } catch (error) {
      if (!told) {
        throw error;
      }
    }
  }

  // A generator, so that an answer that nobody reads begins nothing.
  async *#forward(
    liveResponder: LiveResponder,
    request: InteractionRequest,
    order: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ResponseChunk, void, undefined> {
    const recording = this.record(request, { order });
    recording.request = request;
    void recording.settled.then(() => {
      if (recording.failure !== undefined) {
        this.#untold.add(recording);
      }
    });
    yield* forward({ liveResponder, request, recording, signal, readAhead: this.readAhead });
  }

  #keyOf(interaction: Interaction): string {
    return this.#project === fingerprint ? interaction.fingerprint : this.#project(interaction.request);
  }

  #count(outcome: 'HIT' | 'MISS', head: RequestHead): void {
    this.#stats[outcome === 'HIT' ? 'hits' : 'misses']++;
    this.#observer.lookup?.(outcome, head);
  }

  #take(key: string): Interaction | undefined {
    const story = this.#index.get(key);
    if (story === undefined || (this.mode === 'auto' && !this.#isSettled(story))) {
      return undefined;
    }
    if (this.#playback === 'first') {
      return story.first();
    }
    const n = (this.#asked.get(key) ?? 0) + 1;
    this.#asked.set(key, n);
    return story.nth(n, () => this.#index.lanesFor(story.session, this.#session.entry));
  }

  /** In `auto`: may the story be replayed, or is it only a fragment, or one that this session is still recording? */
  #isSettled(story: Story): boolean {
    const ownStory = this.#playback === 'sequence' && story.session === this.#session.id;
    return story.answersWhole && !ownStory;
  }

  // Synchronous up to the save, so that `closeSync` has everything in the cassette when it writes.
  #commit(recording: Recording, outcome: 'whole' | 'truncated'): Promise<void> {
    this.#open.delete(recording);
    const { request } = recording;
    if (request === undefined) {
      if (outcome === 'whole') {
        this.warn(
          `${recording.head.action} ${recording.head.target} was not recorded: ` +
            'its response ended before its request body was sent.',
        );
      }
      return Promise.resolve();
    }
    const key = this.#project(request);
    const story = this.#index.get(key);
    const sequence = this.#playback === 'sequence';
    // A part of this session's own story keeps its place in it.
    if (outcome === 'truncated' && story?.hasWhole && !(sequence && story.session === this.#session.id)) {
      return this.#save();
    }
    const responseChunks = recording.responseChunks;
    const lane = story?.lane(this.#session.id, this.#session.lane) ?? [];
    const collapsed = this.#collapsed.get(key) ?? [];
    if (
      sequence &&
      outcome === 'whole' &&
      // In this order: the second one looks at every exchange that is open.
      repeatsLast(lane, recording, responseChunks) &&
      !this.#awaitsEarlier(recording, key)
    ) {
      this.#collapsed.set(key, collapsed);
      collapsed.splice(countBelow(collapsed, recording.order), 0, recording.order);
      return this.#save();
    }
    const interaction = new Interaction({
      request,
      responseChunks,
      metadata: this.#metadata(recording, outcome, lane, countBelow(collapsed, recording.order)),
    });
    this.#index.add(key, interaction);
    this.#cassette = this.#cassette.append(interaction);
    this.#stats.recorded++;
    return this.#save();
  }

  /** Is a request that may be identical, and was dispatched before, still on its way? */
  #awaitsEarlier({ head, order }: Recording, key: string): boolean {
    const name = turnName(head);
    return (
      this.#turns.waiting(name) ||
      [...this.#open].some(
        (other) =>
          other.order < order &&
          (other.request === undefined
            ? turnName(other.head) === name
            : this.#project(other.request) === key),
      )
    );
  }

  #metadata(
    recording: Recording,
    outcome: string,
    lane: readonly Interaction[],
    collapsed: number,
  ): MetadataPair[] {
    const pairs: MetadataPair[] = [
      ['recorded_at', isoNow()],
      ['session', this.#session.id],
      ['lane', this.#session.lane],
      ['order', String(recording.order)],
      ['ended', outcome],
    ];
    if (collapsed > 0) {
      const before = countBelow(lane, recording.order, (earlier) => earlier.recording.order ?? 0);
      pairs.push(['nth', String(before + collapsed + 1)]);
    }
    if (outcome === 'truncated') {
      pairs.push(['ended_after_ms', String(recording.endedAfterMs)]);
    }
    return pairs;
  }

  #compact(): void {
    const superseded = this.#stats.recorded > 0 ? this.#index.superseded() : new Set();
    if (this.#cassette.interactions.some((interaction) => superseded.has(interaction))) {
      this.#cassette = new Cassette(
        this.#cassette.interactions.filter((interaction) => !superseded.has(interaction)),
      );
    }
  }

  async #save(): Promise<void> {
    await this.#saver.save(this.#cassette);
    this.#untold.clear();
  }

  /** Did the last save fail, and do all know who have something in it? */
  #wasTold(): boolean {
    return this.#saver.failed === this.#cassette && [...this.#untold].every(({ surfaced }) => surfaced);
  }
}

/**
 * How many entries of an ascending list are below a limit. Counted from the end: what ends now was mostly dispatched
 * last, so that it costs the same however long the list is.
 */
function countBelow<T>(list: readonly T[], limit: number, placeOf = Number as (entry: T) => number): number {
  let count = list.length;
  while (count > 0 && placeOf(list[count - 1] as T) >= limit) {
    count--;
  }
  return count;
}

function turnName(head: RequestHead): string {
  return `${head.action} ${head.target}`;
}

/** Is the response the same as the lane's last one, with no later request in between? */
function repeatsLast(lane: readonly Interaction[], recording: Recording, chunks: ResponseChunk[]): boolean {
  const last = lane.at(-1);
  return (
    last !== undefined &&
    !last.recording.truncated &&
    (last.recording.order ?? 0) < recording.order &&
    last.responseChunks.length === chunks.length &&
    last.responseChunks.every((chunk, index) => sameChunk(chunk, chunks[index] as ResponseChunk))
  );
}

function sameChunk(a: ResponseChunk, b: ResponseChunk): boolean {
  return (
    Buffer.compare(a.data, b.data) === 0 &&
    JSON.stringify(a.metadata ?? []) === JSON.stringify(b.metadata ?? [])
  );
}

// biome-ignore lint/correctness/useYield: its one effect is to throw when it is read
async function* failing(error: Error): AsyncGenerator<ResponseChunk, void, undefined> {
  throw error;
}
