import { randomBytes } from 'node:crypto';
import { Cassette } from './cassette.js';
import type { CassetteStore } from './cassette-store.js';
import { isoNow } from './clock.js';
import { withDeadline } from './deadline.js';
import {
  type BrokerMode,
  CassetteLoadError,
  CassetteSaveError,
  InteractionNotFoundError,
  InterpositionError,
  InvalidOptionError,
  LiveResponderRequiredError,
} from './errors.js';
import { fingerprint } from './fingerprint.js';
import { forward } from './forward.js';
import { Interaction, type InteractionRequest, type ResponseChunk } from './interaction.js';
import type { LiveResponder } from './live-responder.js';
import type { MetadataPair } from './metadata.js';
import { play } from './playback.js';
import { Recording, type RecordingGroup, type RequestHead } from './recording.js';
import { type Playback, type Story, StoryIndex } from './story.js';
import { type Turn, Turns } from './turns.js';

/** A policy for matching: what of a request counts. Requests that it maps to one string match. */
export type Projection = (request: InteractionRequest) => string;

/** Where a Broker's recordings stand: which session, which lane of it. */
export interface SessionEntry {
  /** One run of one root process, its workers and children included. */
  readonly id: string;
  /** The lane that this Broker records; unique within the session. */
  readonly lane: string;
  /** Which entry of its cassette this is, from 0: a replay follows the lane of that number. */
  readonly entry: number;
}

/** What a Broker tells whoever made it. */
export interface BrokerObserver {
  /** A request was looked up; in `record` every request counts as a MISS. */
  lookup?(outcome: 'HIT' | 'MISS', request: RequestHead): void;
  /** Something the user has to know that is no error of a request. */
  warning?(message: string): void;
}

/** Options of a Broker. */
export interface BrokerOptions {
  /** `replay` where left out. Never changes afterwards. */
  readonly mode?: BrokerMode | undefined;
  /** Where the mode was set, for messages. */
  readonly modeSource?: string | undefined;
  /** Required in `record` and `auto`. */
  readonly liveResponder?: LiveResponder | undefined;
  /** Without one nothing is persisted. */
  readonly cassetteStore?: CassetteStore | undefined;
  /** The matching policy; the fingerprint counts where left out. */
  readonly project?: Projection | undefined;
  /** How repeats are answered; `first` where left out. */
  readonly playback?: Playback | undefined;
  /** How many bytes a recorder may be ahead of the caller; 1 MiB where left out. */
  readonly readAhead?: number | undefined;
  /** How long a store may take for a load or a save, in ms; 30,000 where left out. */
  readonly storeWait?: number | undefined;
  readonly session?: SessionEntry | undefined;
  readonly observer?: BrokerObserver | undefined;
}

/** Counts of what a Broker did. */
export interface BrokerStats {
  readonly hits: number;
  readonly misses: number;
  readonly recorded: number;
}

export const BROKER_MODES: readonly BrokerMode[] = ['replay', 'record', 'auto'];
const DEFAULT_READ_AHEAD = 1024 * 1024;
const DEFAULT_STORE_WAIT_MS = 30_000;

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
  readonly mode: BrokerMode;
  readonly liveResponder: LiveResponder | undefined;
  readonly cassetteStore: CassetteStore | undefined;
  /** How many bytes a recorder may be ahead of the caller. */
  readonly readAhead: number;

  readonly #project: Projection;
  readonly #playback: Playback;
  readonly #storeWait: number;
  readonly #session: SessionEntry;
  readonly #modeSource: string | undefined;
  readonly #observer: BrokerObserver;

  #cassette: Cassette;
  #saved: Cassette;
  /** What the last failed save was to hold: whoever waited for it was told. */
  #failed: Cassette | undefined;
  readonly #index = new StoryIndex();
  readonly #asked = new Map<string, number>();
  readonly #collapsed = new Map<string, number>();
  readonly #open = new Set<Recording>();
  readonly #turns = new Turns();
  #order = 0;
  #stats = { hits: 0, misses: 0, recorded: 0 };
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #inStore: Promise<void> = Promise.resolve();

  constructor(cassette: Cassette, options: BrokerOptions = {}) {
    this.mode = checkedMode(options);
    this.liveResponder = options.liveResponder;
    this.cassetteStore = options.cassetteStore;
    this.readAhead = options.readAhead ?? DEFAULT_READ_AHEAD;
    this.#project = options.project ?? fingerprint;
    this.#playback = checkedPlayback(options.playback);
    this.#storeWait = options.storeWait ?? DEFAULT_STORE_WAIT_MS;
    this.#session = options.session ?? { id: processSession, lane: `b${++brokers}`, entry: 0 };
    this.#modeSource = options.modeSource;
    this.#observer = options.observer ?? {};
    this.#cassette = cassette;
    this.#saved = cassette;
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
    checkedMode(options);
    checkedPlayback(options.playback);
    const wait = options.storeWait ?? DEFAULT_STORE_WAIT_MS;
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
   */
  replay(
    request: InteractionRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<ResponseChunk> {
    const { signal } = options;
    const order = this.reserve();
    const hit = this.lookup(request);
    if (hit !== undefined) {
      return play(hit, signal);
    }
    if (this.liveResponder === undefined || this.mode === 'replay') {
      return failing(this.notFound(request));
    }
    return this.#forward(this.liveResponder, request, order, signal);
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
    const told = this.#cassette === this.#failed;
    if (this.#stats.recorded > 0) {
      this.#compact();
    }
    await this.#save().catch((error: unknown) => {
      if (!told) {
        throw error;
      }
    });
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
    const told = this.#cassette === this.#failed;
    if (this.#stats.recorded > 0) {
      this.#compact();
    }
    if (this.#cassette === this.#saved) {
      return;
    }
    try {
      this.cassetteStore?.saveSync?.(this.#cassette);
      this.#saved = this.#cassette;
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
    if (
      sequence &&
      outcome === 'whole' &&
      !this.#awaitsEarlier(recording) &&
      repeatsLast(lane, recording, responseChunks)
    ) {
      this.#collapsed.set(key, (this.#collapsed.get(key) ?? 0) + 1);
      return this.#save();
    }
    const interaction = new Interaction({
      request,
      responseChunks,
      metadata: this.#metadata(recording, outcome, lane, this.#collapsed.get(key) ?? 0),
    });
    this.#index.add(key, interaction);
    this.#cassette = this.#cassette.append(interaction);
    this.#stats.recorded++;
    return this.#save();
  }

  /** Is a request that may be identical, and was dispatched before, still on its way? */
  #awaitsEarlier({ head, order }: Recording): boolean {
    const name = turnName(head);
    return (
      this.#turns.waiting(name) ||
      [...this.#open].some((other) => other.order < order && turnName(other.head) === name)
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
      const before = lane.filter((earlier) => (earlier.recording.order ?? 0) < recording.order).length;
      pairs.push(['nth', String(before + collapsed + 1)]);
    }
    if (outcome === 'truncated') {
      pairs.push(['ended_after_ms', String(recording.endedAfterMs)]);
    }
    return pairs;
  }

  #compact(): void {
    const superseded = this.#index.superseded();
    if (this.#cassette.interactions.some((interaction) => superseded.has(interaction))) {
      this.#cassette = new Cassette(
        this.#cassette.interactions.filter((interaction) => !superseded.has(interaction)),
      );
    }
  }

  /**
   * Group commit: resolves when a save is done that began after this call, so one write serves all who ask while
   * another is on its way.
   */
  #save(): Promise<void> {
    if (this.cassetteStore === undefined || (this.#cassette === this.#saved && this.#queued === undefined)) {
      return Promise.resolve();
    }
    if (this.#queued === undefined) {
      const queued = this.#writing
        .catch(() => {})
        .then(() => {
          this.#queued = undefined;
          this.#writing = this.#write();
          return this.#writing;
        });
      this.#queued = queued;
    }
    return this.#queued;
  }

  async #write(): Promise<void> {
    const store = this.cassetteStore as CassetteStore;
    if (this.#cassette === this.#saved) {
      return;
    }
    const attempted = this.#cassette;
    const location = locationOf(store);
    const late = () =>
      new CassetteSaveError(location, { problem: `the store did not answer within ${this.#storeWait} ms` });
    try {
      await withDeadline(() => this.#saveInTurn(store), this.#storeWait, late);
    } catch (cause) {
      this.#failed = attempted;
      throw cause instanceof CassetteSaveError ? cause : new CassetteSaveError(location, { cause });
    }
  }

  /** Saves after the save before, even one that was given up: what is older must not come to lie over it. */
  #saveInTurn(store: CassetteStore): Promise<void> {
    const save = this.#inStore.then(async () => {
      const cassette = this.#cassette;
      if (cassette !== this.#saved) {
        await store.save(cassette);
        this.#saved = cassette;
      }
    });
    this.#inStore = save.catch(() => {});
    return save;
  }
}

function checkedMode(options: BrokerOptions): BrokerMode {
  const { mode = 'replay', modeSource, liveResponder } = options;
  if (!BROKER_MODES.includes(mode)) {
    const from = modeSource === undefined ? '' : ` (from ${modeSource})`;
    throw new InvalidOptionError(
      'mode',
      `${JSON.stringify(mode)}${from} is not a mode; use "replay", "record" or "auto".`,
    );
  }
  if (mode !== 'replay' && liveResponder === undefined) {
    throw new LiveResponderRequiredError(mode);
  }
  return mode;
}

function checkedPlayback(playback: Playback = 'first'): Playback {
  if (playback !== 'first' && playback !== 'sequence') {
    throw new InvalidOptionError(
      'playback',
      `${JSON.stringify(playback)} is neither "first" nor "sequence".`,
    );
  }
  return playback;
}

/** How messages name a store. */
export function locationOf(store: CassetteStore): string {
  return store.location ?? `in ${store.constructor?.name ?? 'its store'}`;
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
