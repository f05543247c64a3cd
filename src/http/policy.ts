import type { Address } from '../core/address.js';
import { InvalidOptionError } from '../core/errors.js';
import { fingerprint } from '../core/fingerprint.js';
import type { HeaderPair, Interaction, InteractionRequest, ResponseChunk } from '../core/interaction.js';
import { metadataValue } from '../core/metadata.js';
import type { KnownRequest, MissExplanation } from '../core/miss.js';
import { groupOfKey, type Policy, type Variables } from '../core/policy.js';
import type { RequestHead } from '../core/recording.js';
import { decodeBody, prepareDecoding } from './coding/content-coding.js';
import { addressOf } from './matching/address.js';
import { HttpMatch, type MatchOptions } from './matching/match.js';
import { mayHoldPlaceholder } from './matching/wildcard.js';
import { explainMiss, missText } from './misses/explain.js';
import { placeholdersIn, REDACTED } from './redaction/placeholder.js';
import { type RedactOptions, Redactor } from './redaction/redact.js';
import { SecretMemory } from './redaction/secret-memory.js';
import { fieldsOf, readResponse } from './response.js';
import { Bindings } from './variables/vary.js';
import { isWebSocket } from './websocket-protocol.js';

/** A response as `shouldRecord` gets it: decoded, and without secrets. */
export interface RecordedAnswer {
  /** 0 where the exchange ended before a status had arrived. */
  readonly status: number;
  /** The reason phrase; empty where there is none, as in HTTP/2. */
  readonly statusText: string;
  /** As they came, names in their case; names may repeat. */
  readonly headers: readonly HeaderPair[];
  /** All of it, decoded where it came compressed. */
  readonly body: Uint8Array;
}

/** What a user decides about HTTP exchanges. */
export interface HttpPolicyOptions {
  /** What counts when a request is looked up. By default: the method, the URL, the body, and a few headers. */
  readonly match?: MatchOptions | undefined;
  /**
   * Values that the program makes up anew in each run, by their place: `body:$.email`, `header:idempotency-key`,
   * `query:nonce`, `path:2`. They match as variables, and replay puts this run's value where the recorded response has
   * the recorded one.
   */
  readonly vary?: readonly string[] | undefined;
  /** What is replaced, besides what looks like a credential, before anything is stored; `false`: nothing is. */
  readonly redact?: RedactOptions | false | undefined;
  /** Is this exchange to be kept? All are where left out. What it throws fails the request. */
  readonly shouldRecord?: ((request: InteractionRequest, response: RecordedAnswer) => boolean) | undefined;
}

/** Of all cassettes of this process: one scope logs in, and another one uses the token. */
const memory = new SecretMemory();

/** Headers that say who is asking. That two recordings differ in them alone is worth a word. */
const IDENTITIES = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'x-auth-token'];

/** What HTTP means to a Broker. Made anew for each: it remembers secrets and variables of its run. */
export class HttpPolicy implements Policy {
  readonly variables: Variables | undefined;
  readonly #match: HttpMatch;
  readonly #key: ((request: InteractionRequest) => string) | undefined;
  readonly #redactor: Redactor;
  readonly #customRedaction: boolean;
  readonly #shouldRecord: HttpPolicyOptions['shouldRecord'];
  /** What was found out ahead: by the request as it was made, how it is stored; by that, its key. */
  readonly #stored = new WeakMap<InteractionRequest, { known: number; request: InteractionRequest }>();
  readonly #keys = new WeakMap<InteractionRequest, string>();

  /**
   * @param key What counts in a look-up, in the place of `match` and `vary`.
   * @throws InvalidOptionError for options that cannot be used; it says which.
   */
  constructor(options: HttpPolicyOptions = {}, key?: (request: InteractionRequest) => string) {
    this.#key = key;
    this.#match = new HttpMatch(options.match, options.vary);
    this.#redactor = new Redactor(options.redact, process.env, memory);
    this.#customRedaction = options.redact !== false && options.redact?.custom !== undefined;
    this.#shouldRecord = options.shouldRecord;
    this.variables = options.vary?.length ? new Bindings(options.vary) : undefined;
  }

  request(request: InteractionRequest): InteractionRequest {
    const ahead = this.#stored.get(request);
    return ahead?.known === this.#redactor.known ? ahead.request : this.#redactor.request(decoded(request));
  }

  prepareRequest(request: InteractionRequest): void {
    const stored = this.request(request);
    this.#stored.set(request, { known: this.#redactor.known, request: stored });
    this.#keys.set(stored, this.key(stored));
  }

  prepare(chunks: readonly ResponseChunk[]): Promise<void> | undefined {
    return prepareDecoding(
      chunks.map(({ data }) => data),
      fieldsOf('header', chunks),
    );
  }

  response(chunks: readonly ResponseChunk[], request: InteractionRequest): readonly ResponseChunk[] {
    return isWebSocket(request) ? this.#redactor.messages(chunks) : this.#redactor.response(chunks, request);
  }

  text(text: string): string {
    return this.#redactor.text(text);
  }

  key(request: InteractionRequest): string {
    const ahead = this.#keys.get(request);
    if (ahead !== undefined) {
      return ahead;
    }
    return this.#key === undefined ? this.#match.key(request) : this.#key(request);
  }

  get state(): number | undefined {
    const isFixed = this.#key === undefined ? !this.#match.asksFunction : this.#key === fingerprint;
    // What a request is answered with teaches the variables their values.
    return isFixed && !this.#customRedaction && this.variables === undefined
      ? this.#redactor.known
      : undefined;
  }

  group(head: RequestHead): string | undefined {
    // Where something was or will be replaced, the target that is stored may be another.
    if (this.#customRedaction || mayHoldPlaceholder(head.target)) {
      return undefined;
    }
    return this.#key === undefined ? this.#match.group(head) : groupOfKey(this.#key, head);
  }

  address(head: RequestHead): Address | undefined {
    if (this.#customRedaction) {
      return undefined;
    }
    if (this.#key === undefined) {
      return this.#match.address(head);
    }
    return this.#key === fingerprint ? addressOf(head.target) : undefined;
  }

  refresh(): boolean {
    return this.#redactor.refresh();
  }

  isOpen(key: string): boolean {
    return this.#key === undefined && this.#match.isOpen(key);
  }

  resembles(key: string, recordedKey: string): boolean {
    return this.#match.resembles(key, recordedKey);
  }

  accepts(interaction: Interaction): boolean {
    if (this.#shouldRecord === undefined) {
      return true;
    }
    const verdict: unknown = this.#shouldRecord(interaction.request, answerOf(interaction));
    if (typeof verdict !== 'boolean') {
      // A promise would count as true, whatever it comes to.
      throw new InvalidOptionError('options.shouldRecord', 'it is to give true or false, and at once.');
    }
    return verdict;
  }

  conflict(earlier: InteractionRequest, later: InteractionRequest): string | undefined {
    const header = IDENTITIES.find(
      (name) => !this.#match.counts(name) && headerLines(earlier, name) !== headerLines(later, name),
    );
    return (
      header &&
      `${later.action} ${later.target} was recorded with two values of the header "${header}", which does not count ` +
        `when a request is looked up: replay gives one answer after the other, whoever asks. To tell them apart, use ` +
        `match: { headers: ['${header}'] }.`
    );
  }

  identity({ headers }: InteractionRequest): readonly HeaderPair[] {
    return headers
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => IDENTITIES.includes(name) || this.#match.counts(name));
  }

  doubt(sent: InteractionRequest): string | undefined {
    const place = placeholderPlace(sent);
    return (
      place &&
      `${sent.action} ${sent.target} was sent with a placeholder in ${place}. It stands for a secret that the cassette ` +
        'does not hold, as in the answer of a log-in that was replayed. To record with the real value, have the program ' +
        'log in anew, with INTERPOSITION_MODE=record.'
    );
  }

  explain(request: InteractionRequest, known: readonly KnownRequest[]): MissExplanation {
    const alike = known.filter((one) => one.request.protocol === request.protocol);
    return alike.length === 0 && known.length > 0
      ? { reason: 'never-recorded', nearest: [], suggestion: undefined }
      : explainMiss(request, alike, this.#match);
  }

  explanationText(explanation: MissExplanation): string {
    return missText(explanation);
  }
}

/**
 * The request with its body as it was before it was compressed: so it is looked up, and so it stands in the cassette.
 * Compressed again it might be other bytes on another day.
 */
function decoded(request: InteractionRequest): InteractionRequest {
  const body = decodeBody([request.body], request.headers);
  return body?.complete ? { ...request, body: Buffer.concat(body.chunks) } : request;
}

/** Where a request holds a placeholder, in words. In a body the bare word may be meant: there it takes one with a hash. */
function placeholderPlace({ target, headers, body }: InteractionRequest): string | undefined {
  const header = headers.find(([, value]) => placeholdersIn(value).length > 0)?.[0];
  if (header !== undefined) {
    return `the header "${header}"`;
  }
  if (placeholdersIn(target).length > 0) {
    return 'its URL';
  }
  return holdsHashed(Buffer.from(body.buffer, body.byteOffset, body.byteLength)) ? 'its body' : undefined;
}

/** Looks at the places in question only: a body may be longer than a text can be. */
function holdsHashed(bytes: Buffer): boolean {
  const { length } = REDACTED;
  for (let at = bytes.indexOf(REDACTED); at !== -1; at = bytes.indexOf(REDACTED, at + length)) {
    const [found] = placeholdersIn(bytes.toString('latin1', at, at + 2 * length));
    if (found !== undefined && found[1] > length) {
      return true;
    }
  }
  return false;
}

function headerLines({ headers }: InteractionRequest, name: string): string {
  return JSON.stringify(headers.filter((pair) => pair[0].toLowerCase() === name).map((pair) => pair[1]));
}

function answerOf(interaction: Interaction): RecordedAnswer {
  const { head, body: data } = readResponse(interaction);
  // On a WebSocket both sides speak.
  const body = data.filter(
    (_, index) => metadataValue(interaction.responseChunks[index]?.metadata ?? [], 'from') !== 'client',
  );
  const { statusCode = 0, statusText = '', headers = [] } = head ?? {};
  const plain = decodeBody(body, headers)?.chunks ?? body;
  return { status: statusCode, statusText, headers, body: Buffer.concat(plain) };
}
