import type { HeaderPair, InteractionRequest, ResponseChunk } from '../../core/interaction.js';
import type { MetadataPair } from '../../core/metadata.js';
import { decodeBody, encodeBody, isEncoded } from '../coding/content-coding.js';
import { fieldsOf } from '../response.js';
import { type Edit, edited } from '../variables/needles.js';
import { type ByteText, bytesToText, fromByteText, textToBytes, toByteText } from './byte-text.js';
import { EnvironmentSecrets } from './environment-secrets.js';
import { editsOfText } from './find-in-text.js';
import { editsOfBody, isBinary } from './redact-body.js';
import { redactHeader, redactUrl } from './redact-headers.js';
import { editedBytes, editsOfLongBody, LONGEST_TEXT } from './redact-long.js';
import { type RedactedPlace, type RedactOptions, secretsOf } from './redact-options.js';
import { movedOffsets } from './redactions.js';
import type { SecretMemory } from './secret-memory.js';
import type { Secrets } from './secrets.js';

export type { RedactOptions } from './redact-options.js';

/** So many texts are known by heart: headers and URLs come again and again. */
const MAX_MEMO = 2000;
const LONGEST_MEMO = 2048;

/** What was found in one round is looked for in the next. */
const MAX_ROUNDS = 4;

/** They vouch for bytes that are not stored; and of a password they would be a hash. */
const CHECKSUMS =
  /^(?:content-md5|(?:content-|repr-)?digest|x-amz-checksum-\w+|x-amz-content-sha256|x-goog-hash|x-ms-content-crc64)$/i;

/**
 * Replaces secrets by placeholders in what is looked up and stored. It remembers what it replaced by its name, and
 * replaces that wherever it turns up later. Nothing that it is given is changed.
 */
export class Redactor {
  readonly #secrets: Secrets | undefined;
  readonly #custom: RedactOptions['custom'];
  readonly #environment: EnvironmentSecrets | undefined;
  /** What became of the texts of URLs (under '') and of headers (under their names). */
  readonly #memo = new Map<string, Map<string, string>>();
  #memoSize = 0;
  #knownValues = 0;

  /**
   * @param options `false` turns it off: every method gives back what it gets.
   * @param environment Where the values of secret variables are looked up.
   * @param memory Shared with others, it lets each know what one of them has replaced by its name.
   * @throws InvalidOptionError for options that cannot be used; it says which.
   */
  constructor(
    options: RedactOptions | false = {},
    environment: NodeJS.ProcessEnv = process.env,
    memory?: SecretMemory,
  ) {
    this.#secrets = options === false ? undefined : secretsOf(options);
    if (memory !== undefined) {
      this.#secrets?.share(memory);
    }
    this.#custom = options === false ? undefined : options.custom;
    const names = this.#secrets?.names;
    this.#environment = names && new EnvironmentSecrets(environment, (name) => names.keeps(name));
    this.refresh();
  }

  /**
   * Reads the environment again: programs load their settings when they have begun. Takes over what others that share
   * its memory have learnt.
   *
   * @returns Does it know more secrets now?
   */
  refresh(): boolean {
    const secrets = this.#secrets;
    if (secrets === undefined) {
      return false;
    }
    const values = this.#environment?.read() ?? [];
    return [...values.map((value) => secrets.add(value)), secrets.absorb()].includes(true);
  }

  /** How often a secret has become known: the same text is redacted in the same way until then. */
  get known(): number {
    return this.#secrets?.additions ?? 0;
  }

  /** The request without secrets; the same object where it holds none. Redacting it again changes nothing. */
  request(request: InteractionRequest): InteractionRequest {
    const secrets = this.#secrets;
    return secrets === undefined
      ? request
      : this.#settled(request, (subject) => this.#requestOnce(subject, secrets));
  }

  /**
   * The chunks without secrets, one for one; the same where they hold none. A chunk boundary inside of a replaced piece
   * is behind it now. A `content-length` stays true.
   */
  response(chunks: readonly ResponseChunk[], _request: InteractionRequest): readonly ResponseChunk[] {
    return this.#secrets === undefined
      ? chunks
      : this.#settled(chunks, (subject) => this.#responseOnce(subject));
  }

  /** The same for chunks that are messages, each with a body of its own. */
  messages(chunks: readonly ResponseChunk[]): readonly ResponseChunk[] {
    if (this.#secrets === undefined) {
      return chunks;
    }
    return this.#settled(chunks, (subject) => {
      const redacted = subject.map((chunk) => this.#responseOnce([chunk])[0] as ResponseChunk);
      return redacted.every((chunk, index) => chunk === subject[index]) ? subject : redacted;
    });
  }

  /** A message for people without secrets, such as that of an error. */
  text(text: string): string {
    const find = (bytes: ByteText, secrets: Secrets) => edited(bytes, editsOfText(bytes, secrets));
    return this.#secrets === undefined ? text : redactString(text, find, this.#secrets);
  }

  /**
   * What a later place gave away is replaced in the places before it, too. What then looks like a secret anew, because
   * something beside it was replaced, is replaced as well: so redacting again changes nothing.
   */
  #settled<T>(original: T, redact: (subject: T) => T): T {
    let redacted = original;
    let known = -1;
    for (let round = 0; known !== this.#secrets?.additions && round < MAX_ROUNDS; round++) {
      known = this.#secrets?.additions ?? 0;
      redacted = redact(original);
    }
    for (let round = 0; redacted !== original && round < MAX_ROUNDS; round++) {
      const next = redact(redacted);
      if (next === redacted) {
        break;
      }
      redacted = next;
    }
    return redacted;
  }

  #requestOnce(request: InteractionRequest, secrets: Secrets): InteractionRequest {
    const target = this.#known('url', '', request.target, (text) => redactString(text, redactUrl, secrets));
    const headers = this.#pairs(request.headers, (name) => name);
    const [body] =
      request.body.byteLength === 0 ? [request.body] : this.#body([request.body], request.headers);
    if (target === request.target && headers === request.headers && body === request.body) {
      return request;
    }
    if (body === undefined || body === request.body) {
      return { ...request, target, headers };
    }
    // The length would tell that of a password.
    const kept = headers
      .filter(([name]) => !CHECKSUMS.test(name))
      .map((pair) =>
        /^content-length$/i.test(pair[0]) ? ([pair[0], String(body.byteLength)] as const) : pair,
      );
    return { ...request, target, headers: kept, body };
  }

  #responseOnce(chunks: readonly ResponseChunk[]): readonly ResponseChunk[] {
    const metadata = chunks.map((chunk) => chunk.metadata ?? []);
    const redacted = metadata.map((pairs) => this.#pairs(pairs, headerName));
    const pieces = chunks.map((chunk) => chunk.data);
    const data = this.#body(pieces, fieldsOf('header', chunks));
    const lengths = [lengthOf(pieces), lengthOf(data)] as const;
    const next = chunks.map((chunk, index) => {
      const bytes = data[index] ?? chunk.data;
      const pairs = data === pieces ? redacted[index] : fitting(redacted[index] ?? [], ...lengths);
      return bytes === chunk.data && pairs === metadata[index]
        ? chunk
        : { ...chunk, data: bytes, metadata: pairs ?? [] };
    });
    return next.every((chunk, index) => chunk === chunks[index]) ? chunks : next;
  }

  #pairs<T extends HeaderPair | MetadataPair>(
    pairs: readonly T[],
    nameOf: (name: string) => string | undefined,
  ): readonly T[] {
    let changed: T[] | undefined;
    for (let index = 0; index < pairs.length; index++) {
      const pair = pairs[index] as T;
      const name = nameOf(pair[0]);
      const value = name === undefined ? pair[1] : this.#header(name, pair[1]);
      if (value !== pair[1]) {
        changed ??= [...pairs];
        changed[index] = [pair[0], value] as unknown as T;
      }
    }
    return changed ?? pairs;
  }

  #header(name: string, value: string): string {
    const secrets = this.#secrets as Secrets;
    return this.#known('header', name, value, (text) => redactHeader(name, text, secrets));
  }

  /** What was found out before is found out anew where a secret has become known since. */
  #known(where: RedactedPlace, name: string, text: string, redact: (text: string) => string): string {
    const values = this.#secrets?.additions ?? 0;
    if (values !== this.#knownValues || this.#memoSize >= MAX_MEMO) {
      this.#memo.clear();
      this.#memoSize = 0;
      this.#knownValues = values;
    }
    const known = this.#memo.get(name)?.get(text);
    if (known !== undefined) {
      return known;
    }
    const redacted = this.#customised(redact(text), where);
    if (text.length <= LONGEST_MEMO) {
      const texts = this.#memo.get(name) ?? new Map<string, string>();
      this.#memo.set(name, texts.set(text, redacted));
      this.#memoSize++;
    }
    return redacted;
  }

  #customised(text: string, where: RedactedPlace): string {
    const custom = this.#custom?.(text, where);
    return typeof custom === 'string' ? custom : text;
  }

  /** The same list where nothing is to be replaced. */
  #body(chunks: readonly Uint8Array[], headers: readonly HeaderPair[]): readonly Uint8Array[] {
    const decoded = isEncoded(headers) ? decodeBody(chunks, headers) : undefined;
    const plain = decoded?.chunks ?? chunks;
    const redacted =
      lengthOf(plain) > LONGEST_TEXT ? this.#longBody(plain, headers) : this.#textBody(plain, headers);
    if (redacted === plain) {
      return chunks;
    }
    return decoded === undefined ? redacted : encodeBody({ ...decoded, chunks: redacted });
  }

  #textBody(chunks: readonly Uint8Array[], headers: readonly HeaderPair[]): readonly Uint8Array[] {
    const text = chunks.map(bytesToText).join('');
    let offsets = offsetsOf(chunks);
    let redacted = text;
    const replace = (edits: readonly Edit[]) => {
      offsets = movedOffsets(offsets, edits);
      redacted = edited(redacted, edits);
    };
    replace(editsOfBody(text, headers, this.#secrets as Secrets));
    if (this.#custom !== undefined && text !== '' && !isBinary(redacted)) {
      const characters = fromByteText(redacted);
      const custom = this.#customised(characters ?? redacted, 'body');
      replace(difference(redacted, characters === undefined ? custom : toByteText(custom)));
    }
    return redacted === text ? chunks : split(textToBytes(redacted), offsets);
  }

  #longBody(chunks: readonly Uint8Array[], headers: readonly HeaderPair[]): readonly Uint8Array[] {
    const body = Buffer.concat(chunks);
    const edits = editsOfLongBody(body, headers, this.#secrets as Secrets);
    return edits.length === 0
      ? chunks
      : split(editedBytes(body, edits), movedOffsets(offsetsOf(chunks), edits));
  }
}

/** Where each chunk ends. */
function offsetsOf(chunks: readonly Uint8Array[]): readonly number[] {
  let length = 0;
  return chunks.map((chunk) => {
    length += chunk.byteLength;
    return length;
  });
}

function split(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  return offsets.map((end, index) => bytes.slice(offsets[index - 1] ?? 0, end));
}

/** Redacts a text of characters by its bytes. */
function redactString(
  text: string,
  redact: (bytes: ByteText, secrets: Secrets) => ByteText,
  secrets: Secrets,
): string {
  const bytes = toByteText(text);
  const redacted = redact(bytes, secrets);
  return redacted === bytes ? text : (fromByteText(redacted) ?? redacted);
}

/** The name of the header that a pair of metadata holds: of a response, an interim one, or its trailers. */
function headerName(name: string): string | undefined {
  return (
    /^(?:interim:)?(?:header|trailer):(.*)$/s.exec(name)?.[1] ??
    (name.endsWith('status_text') ? name : undefined)
  );
}

/** The metadata of a body that has another length now. */
function fitting(pairs: readonly MetadataPair[], before: number, after: number): readonly MetadataPair[] {
  return pairs
    .filter(([name]) => !CHECKSUMS.test(headerName(name) ?? ''))
    .map((pair) =>
      pair[0].toLowerCase() === 'header:content-length' && Number(pair[1]) === before
        ? [pair[0], String(after)]
        : pair,
    );
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/** What differs, as one edit from the first difference to the last. */
function difference(before: ByteText, after: ByteText): Edit[] {
  if (before === after) {
    return [];
  }
  const limit = Math.min(before.length, after.length);
  let start = 0;
  while (start < limit && before[start] === after[start]) {
    start++;
  }
  let tail = 0;
  while (tail < limit - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail++;
  }
  return [{ start, end: before.length - tail, text: after.slice(start, after.length - tail) }];
}
