import type { Address } from './address.js';
import { fingerprint } from './fingerprint.js';
import type { HeaderPair, Interaction, InteractionRequest, ResponseChunk } from './interaction.js';
import type { KnownRequest, MissExplanation } from './miss.js';
import type { RequestHead } from './recording.js';

/**
 * What a Broker leaves to the protocol: what may be stored, what counts in a look-up, how a MISS is explained. Every
 * method but `prepare` is synchronous, and none does I/O.
 */
export interface Policy {
  /** The request as it is looked up, stored and shown: without secrets. Applied twice it changes nothing more. */
  request(request: InteractionRequest): InteractionRequest;

  /**
   * Called while the answer to a request that is recorded is on its way: what `request` and `key` will be asked then
   * can be found out meanwhile. What it throws they will throw again.
   */
  prepareRequest?(request: InteractionRequest): void;

  /**
   * Called when a response has ended, with the very chunks that `response` will get: does in the background what would
   * hold up the event loop there. `response` has to do without it where it rejects, and at the exit of the process,
   * where nobody can wait.
   *
   * @returns Undefined where there is nothing to do.
   */
  prepare?(chunks: readonly ResponseChunk[]): Promise<void> | undefined;

  /** The response as it is stored. @param request What it answers, as `request` gave it. */
  response(chunks: readonly ResponseChunk[], request: InteractionRequest): readonly ResponseChunk[];

  /** A text for people, such as a warning, without secrets. */
  text(text: string): string;

  /** The match key: requests with one key match. Takes a request that `request` gave. */
  key(request: InteractionRequest): string;

  /**
   * As long as it is the same number, `request` and `key` give the same for the same request; undefined: who knows, as
   * where a function of the program's decides.
   */
  readonly state?: number | undefined;

  /**
   * What can be told of a key at little cost: requests with one key have one group, unless it is undefined. Takes a
   * request as it was made, or as it stands in a cassette; not redacted, and without its body. Where it is undefined, or
   * left out, the request's key is found before anything is looked up.
   */
  group?(head: RequestHead): string | undefined;

  /**
   * What a store can tell of a key that knows nothing but targets: requests with one key have addresses that are alike.
   * Takes a request as `group` does. Undefined where the address may be any, as where something in the path was or will
   * be replaced; so it is where this is left out, and then a cassette is read whole.
   */
  address?(head: RequestHead): Address | undefined;

  /** Called after a look-up that found nothing: true where `request` may give another answer than it gave before. */
  refresh?(): boolean;

  /** Does the key hold places that match any value? Then, and only then, `resembles` is asked. */
  isOpen?(key: string): boolean;

  /** Does a request of this key match a recording of the other one, if its open places are filled in? */
  resembles?(key: string, recordedKey: string): boolean;

  /** Values that a program makes up anew in each run. */
  readonly variables?: Variables | undefined;

  /** Is the exchange to be kept in the cassette? What it throws fails the request. */
  accepts?(interaction: Interaction): boolean;

  /**
   * Two requests of one key were recorded; a warning, where it may be that the recordings are not to be mixed up.
   */
  conflict?(earlier: InteractionRequest, later: InteractionRequest): string | undefined;

  /** The headers of a request that count, or say who is asking: two requests that differ in them are not the same. */
  identity?(request: InteractionRequest): readonly HeaderPair[];

  /** A request was sent, and is recorded; a warning, where it was not the one that the program meant. */
  doubt?(sent: InteractionRequest): string | undefined;

  /** Why a request was a MISS, and what to do. Called for a MISS in `replay` only. */
  explain?(request: InteractionRequest, known: readonly KnownRequest[]): MissExplanation;

  /** An explanation as lines for an error's message. */
  explanationText?(explanation: MissExplanation): string;
}

/** What is known about the values of this run and those that were recorded in their place. */
export interface Variables {
  /**
   * A recording answers a request: where they differ in a variable, they now belong together.
   *
   * @returns The values of this exchange, this run's by the recorded ones.
   */
  learn(recorded: InteractionRequest, actual: InteractionRequest): ReadonlyMap<string, string>;
  /** The request with the recorded values in the place of this run's; the same object where there are none. */
  asRecorded(request: InteractionRequest): InteractionRequest;
  /**
   * The recorded response with this run's values in it; the same list where it holds none.
   *
   * @param own What `learn` gave for its exchange.
   */
  substitute(chunks: readonly ResponseChunk[], own: ReadonlyMap<string, string>): readonly ResponseChunk[];
}

/**
 * The policy of a protocol that nothing is known of: requests are stored as they are.
 *
 * @param key What counts.
 */
export function plainPolicy(key: Policy['key']): Policy {
  return {
    request: (request) => request,
    response: (chunks) => chunks,
    text: (text) => text,
    key,
    state: key === fingerprint ? 0 : undefined,
    group: (head) => groupOfKey(key, head),
  };
}

/** The group of a request whose key is what a function gives. Of other functions than the fingerprint, nothing is known. */
export function groupOfKey(key: Policy['key'], { action, target }: RequestHead): string | undefined {
  return key === fingerprint ? `${action} ${target}` : undefined;
}
