import { randomBytes } from 'node:crypto';
import { isStale, type Stale } from './age.js';
import {
  type BrokerObserver,
  type BrokerOptions,
  checkedBrokerOptions,
  type SessionEntry,
} from './broker-options.js';
import type { Cassette } from './cassette.js';
import { type CassetteStore, locationOf } from './cassette-store.js';
import { dateOf } from './clock.js';
import { type BrokerMode, InteractionNotFoundError, StaleRecordingError } from './errors.js';
import { fingerprint } from './fingerprint.js';
import { forward } from './forward.js';
import { Interaction, type InteractionRequest, type ResponseChunk, validRequest } from './interaction.js';
import type { LiveResponder } from './live-responder.js';
import type { Latency } from './pace.js';
import { play } from './playback.js';
import type { Policy } from './policy.js';
import { Recall, type Recalled } from './recall.js';
import { Recorder } from './recorder.js';
import type { Recording, RecordingGroup, RequestHead } from './recording.js';
import { Saver } from './saver.js';
import type { Playback, Story } from './story.js';
import { type Turn, Turns, turnName } from './turns.js';

/** Counts of what a Broker did. */
export interface BrokerStats {
  /** How many requests a recording answered. */
  readonly hits: number;
  /** How many requests had no recording. In `record` each is one. */
  readonly misses: number;
  /** How many interactions were recorded. */
  readonly recorded: number;
  /** Requests that `passthrough` left alone. */
  readonly passedThrough: number;
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
export class CoreBroker {
  readonly #mode: BrokerMode;
  /** What sends requests; undefined where none was given. */
  readonly liveResponder: LiveResponder | undefined;
  /** Where recordings are saved; undefined where nothing is persisted. */
  readonly cassetteStore: CassetteStore | undefined;
  /** How many bytes a recorder may be ahead of the caller. */
  readonly readAhead: number;

  /** Is a failure of the upstream part of a recording? */
  readonly recordFailures: boolean;
  /** How long a replay takes. */
  readonly latency: Latency;

  readonly #policy: Policy;
  readonly #playback: Playback;
  readonly #maxAge: number;
  readonly #stale: Stale;
  readonly #session: SessionEntry;
  readonly #modeSource: string | undefined;
  readonly #observer: BrokerObserver;

  readonly #recall: Recall;
  readonly #recorder: Recorder;
  readonly #turns = new Turns();
  #order = 0;
  #stats = { hits: 0, misses: 0, passedThrough: 0 };

  constructor(cassette: Cassette, options: BrokerOptions = {}) {
    const checked = checkedBrokerOptions(options);
    this.#mode = checked.mode;
    this.liveResponder = checked.liveResponder;
    this.cassetteStore = checked.cassetteStore;
    this.readAhead = checked.readAhead;
    this.recordFailures = checked.recordFailures;
    this.latency = checked.latency;
    this.#policy = checked.policy;
    this.#playback = checked.playback;
    this.#maxAge = checked.maxAge;
    this.#stale = checked.stale;
    this.#session = options.session ?? { id: processSession, lane: `b${++brokers}`, entry: 0 };
    this.#modeSource = options.modeSource;
    this.#observer = options.observer ?? {};
    this.#recall = new Recall(checked.policy, checked.playback, cassette, this.#session.entry);
    this.#recorder = new Recorder(cassette, {
      policy: checked.policy,
      playback: checked.playback,
      maxBodySize: checked.maxBodySize,
      session: this.#session,
      recall: this.#recall,
      turns: this.#turns,
      saver: new Saver(checked.cassetteStore, cassette, checked.storeWait),
      warn: (message) => this.warn(message),
    });
  }

  /** The mode, which never changes. */
  get mode(): BrokerMode {
    return this.#mode;
  }

  /** The cassette as it is now. In the course of a refresh it still holds what `close` will drop. */
  get cassette(): Cassette {
    return this.#recorder.cassette;
  }

  /** What was done so far. */
  get stats(): BrokerStats {
    return { ...this.#stats, recorded: this.#recorder.recorded };
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
   * the recording could not be saved, InteractionValidationError for chunks out of order, StaleRecordingError where
   * `maxAge` asks for it, and whatever the live responder throws, or threw when it was recorded.
   * @throws InteractionValidationError at once, for a request that is not well formed.
   */
  replay(
    request: InteractionRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<ResponseChunk> {
    const { signal } = options;
    const valid = validRequest(request);
    const order = this.reserve();
    let hit: Interaction | undefined;
    try {
      hit = this.lookup(valid);
    } catch (error) {
      return failing(error);
    }
    if (hit !== undefined) {
      return play(hit, signal, this.latency);
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
   *
   * @throws StaleRecordingError for a recording that is too old, where that is to be an error.
   */
  lookup(request: InteractionRequest): Interaction | undefined {
    return this.#answer(request, this.mode === 'record' ? undefined : this.#recall.find(request));
  }

  /** Must a request of this head wait for others, dispatched before it, whose bodies are still being read? */
  mustQueue(head: RequestHead): boolean {
    return this.#turns.waiting(head);
  }

  /** A place in the queue for a request whose body has to be read before it can be looked up. */
  takeTurn(head: RequestHead): Turn {
    return this.#turns.take(turnName(head), this.reserve());
  }

  /** Resolves when a request that took a turn may be looked up: identical ones are, in the order of their dispatch. */
  async inTurn(request: InteractionRequest, turn: Turn): Promise<void> {
    if (this.#recall.find(request).story?.dependsOnOrder) {
      await turn.earlier;
    }
  }

  /**
   * In the place of `lookup` for a request that its program gave up before it was looked up. The recording that is next in
   * turn is its own only where that was given up as well, before anything was answered; any other is that of a request behind
   * it, as the body of this one was not known when it was recorded. In `auto` it is recorded where the ones behind it are going
   * to be.
   *
   * @param order The place that was reserved for the request.
   * @param group Who waits for the recording to settle.
   */
  giveUp(request: InteractionRequest, order: number, group?: RecordingGroup): void {
    const { key, story } = this.#recall.find(request);
    if (this.mode === 'auto' && !(story && this.#isSettled(story))) {
      this.countMiss(request);
      const recording = this.record(request, { order, group });
      recording.request = request;
      void recording.truncate();
    } else if (story !== undefined && isGivenUpBy(order, this.#recall.next(key, story))) {
      this.lookup(request);
    }
  }

  /**
   * Begins a recording.
   *
   * @param options.order The place that was reserved for the request; the next one where left out.
   * @param options.group Who waits for the recording to settle.
   */
  record(head: RequestHead, options: { order?: number; group?: RecordingGroup | undefined } = {}): Recording {
    return this.#recorder.begin(head, options.order ?? this.reserve(), options.group);
  }

  /** Counts a request that goes live without a look-up, as every request does in `record`. */
  countMiss(head: RequestHead): void {
    this.#count('MISS', head);
  }

  /** Counts a request that is left alone. */
  countPassedThrough(head: RequestHead): void {
    this.#stats.passedThrough++;
    this.#observer.passed?.(head);
  }

  /** Tells of a request that went past every Broker, and was let go. */
  tellNotBrokered(head: RequestHead): void {
    this.#observer.notBrokered?.(head);
  }

  /** The error for a MISS in `replay`. */
  notFound(raw: InteractionRequest): InteractionNotFoundError {
    const { interactions, size } = this.cassette;
    const request = this.#policy.request(raw);
    const superseded = this.#recall.superseded();
    const fresh = interactions.filter((interaction) => !superseded.has(interaction));
    const explanation = this.#policy.explain?.(request, this.#recall.known(fresh));
    const error = new InteractionNotFoundError(request, {
      location: this.location,
      mode: this.mode,
      modeSource: this.#modeSource,
      size,
      holdsPlaceholder: this.#policy.doubt?.(raw) !== undefined,
      explanation,
      explanationText: explanation && this.#policy.explanationText?.(explanation),
    });
    this.#observer.miss?.(error);
    return error;
  }

  /** Do two parts of requests match, such as what was recorded and what is sent on one connection? */
  matches(recorded: InteractionRequest, sent: InteractionRequest): boolean {
    const { variables } = this.#policy;
    const known = this.#policy.request(recorded);
    const made = this.#policy.request(sent);
    const key = this.#policy.key(known);
    return [made, variables?.asRecorded(made) ?? made].some((request) => {
      const own = this.#policy.key(request);
      const isOpen = this.#policy.isOpen?.(own) || this.#policy.isOpen?.(key);
      return own === key || (isOpen === true && this.#policy.resembles?.(own, key) === true);
    });
  }

  /**
   * The error for a part of a connection that is not the one that was recorded.
   *
   * @param request What asked for the connection.
   * @param recorded What was recorded in its place; undefined where nothing was.
   * @param shown Makes a text of such a part.
   */
  messageNotFound(
    request: InteractionRequest,
    place: number,
    recorded: InteractionRequest | undefined,
    sent: InteractionRequest,
    shown: (part: InteractionRequest) => string,
  ): InteractionNotFoundError {
    const known = recorded && this.#policy.request(recorded);
    const made = this.#policy.request(sent);
    const explanation =
      known &&
      this.#policy.explain?.(made, [{ request: known, fingerprint: fingerprint(known), used: false }]);
    const error = new InteractionNotFoundError(this.#policy.request(request), {
      location: this.location,
      mode: this.mode,
      modeSource: this.#modeSource,
      explanation,
      explanationText: explanation && this.#policy.explanationText?.(explanation),
      message: { place, recorded: known && shown(known), sent: shown(made) },
    });
    if (this.mode === 'replay') {
      this.#count('MISS', request);
    }
    this.#observer.miss?.(error);
    return error;
  }

  /** The recordings that would have answered in this Broker's lane, and that no request has used so far. */
  get unused(): readonly Interaction[] {
    return this.#recall.unused();
  }

  /** Their requests, as messages may show them: an old cassette may still hold secrets. */
  get unusedRequests(): readonly InteractionRequest[] {
    return this.unused.map(({ request }) => this.#policy.request(request));
  }

  /** A text for people, without secrets. */
  text(text: string): string {
    return this.#policy.text(text);
  }

  /** Tells the user, through whoever made this Broker. */
  warn(message: string): void {
    this.#observer.warning?.(this.#policy.text(message));
  }

  /**
   * Ends the session: drops what it superseded from the store, in one save. The Broker goes on working.
   *
   * @throws CassetteSaveError where the save fails.
   */
  close(): Promise<void> {
    return this.#recorder.close();
  }

  /**
   * For the exit of the process: writes the exchanges that are still open as truncated, where the store can.
   *
   * @throws CassetteSaveError where the save fails.
   */
  closeSync(): void {
    this.#recorder.closeSync();
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
    this.#recorder.tellAtTheEnd(recording);
    const { readAhead, recordFailures } = this;
    const text = (original: string) => this.text(original);
    yield* forward({ liveResponder, request, recording, signal, readAhead, recordFailures, text });
  }

  #answer(request: InteractionRequest, found: Recalled | undefined): Interaction | undefined {
    const hit = found && this.#take(found);
    if (hit === undefined && this.mode === 'replay') {
      // All of them explain it: what of that is not well formed is told in its place.
      this.#recall.keyAll();
    }
    this.#count(hit === undefined ? 'MISS' : 'HIT', request, hit);
    return hit;
  }

  #count(outcome: 'HIT' | 'MISS', head: RequestHead, hit?: Interaction): void {
    this.#stats[outcome === 'HIT' ? 'hits' : 'misses']++;
    this.#observer.lookup?.(outcome, head, hit);
  }

  #take({ request, key, story }: Recalled): Interaction | undefined {
    if (story === undefined || (this.mode === 'auto' && !this.#isSettled(story))) {
      return undefined;
    }
    const interaction = this.#recall.take(key, story);
    return this.#isTooOld(interaction) ? undefined : this.#answering(interaction, request);
  }

  /** Is the recording stale, and to be made anew? */
  #isTooOld(interaction: Interaction): boolean {
    if (!isStale(interaction, this.#maxAge)) {
      return false;
    }
    if (this.#stale === 'refresh' && this.mode === 'auto') {
      return true;
    }
    const { request, recording } = interaction;
    const error = new StaleRecordingError(
      this.#policy.request(request),
      dateOf(recording.recordedAtMs as number),
    );
    if (this.#stale === 'error') {
      throw error;
    }
    this.warn(error.message);
    return false;
  }

  /** The recording with this run's values in the place of those that were recorded. */
  #answering(interaction: Interaction, request: InteractionRequest): Interaction {
    const { variables } = this.#policy;
    if (variables === undefined) {
      return interaction;
    }
    const own = variables.learn(this.#policy.request(interaction.request), request);
    const { responseChunks: recorded, metadata } = interaction;
    const responseChunks = variables.substitute(recorded, own);
    return responseChunks === recorded
      ? interaction
      : new Interaction({ request: interaction.request, responseChunks, metadata });
  }

  /** In `auto`: may the story be replayed, or is it only a fragment, or one that this session is still recording? */
  #isSettled(story: Story): boolean {
    const ownStory = this.#playback === 'sequence' && story.session === this.#session.id;
    return story.answersWhole && !ownStory;
  }
}

/** Was it cut off before anything of its response was there, and made no later than at this place? */
function isGivenUpBy(order: number, { recording, responseChunks }: Interaction): boolean {
  return (
    recording.truncated &&
    (recording.order ?? 0) <= order &&
    responseChunks.every(({ data, metadata = [] }) => data.byteLength === 0 && metadata.length === 0)
  );
}

// biome-ignore lint/correctness/useYield: its one effect is to throw when it is read
async function* failing(error: unknown): AsyncGenerator<ResponseChunk, void, undefined> {
  throw error;
}
