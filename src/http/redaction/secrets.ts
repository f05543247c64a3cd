import type { JsonPath } from '../matching/json-path.js';
import { type ByteText, fromByteText, toByteText } from './byte-text.js';
import { isPlaceholder, placeholder, REDACTED } from './placeholder.js';
import { isUuid, looksRandom } from './randomness.js';
import { SecretMemory } from './secret-memory.js';
import { plainName, type SecretNames, type Verdict } from './secret-names.js';
import { base64Spellings, spellings } from './secret-spellings.js';
import { SecretValues } from './secret-values.js';

/** How many values of earlier exchanges are remembered; the oldest are forgotten. */
const MAX_REMEMBERED = 10_000;

/** How long a value has to be, and how mixed, to be looked for in everything that follows. */
const LEAST_REMEMBERED = 8;

/** Shorter values of ambiguous names are words and ids. */
const LEAST_TOKEN = 12;
const LEAST_KEY = 20;

/** How the base64 of a public key begins in DER (RFC 5280, 4.1): a sequence, and in it that of an algorithm. */
const PUBLIC_KEY = /^M(?:FkwEw|CowBQ|HYwEA|IGfMA|IIBIjAN|IIBojAN|IICIjAN)/;

/** Chosen by people, whatever they look like. */
const PASSWORD = /pass(?:word|wd|phrase|code)|pwd|^(?:otp|totp|cvc|cvv)/;

/** What is secret: names, patterns, places in JSON, and the values that are known so far. */
export class Secrets {
  readonly values: SecretValues = new SecretValues();
  /** What stands in the place of each known value. */
  readonly #replacements = new Map<ByteText, ByteText>();
  readonly #remembered = new Map<ByteText, readonly ByteText[]>();
  #additions = 0;
  #memory = new SecretMemory();
  #absorbed = 0;

  constructor(
    readonly names: SecretNames,
    readonly paths: readonly JsonPath[] = [],
    readonly patterns: readonly RegExp[] = [],
  ) {}

  /** Remembers together with others from now on. */
  share(memory: SecretMemory): void {
    this.#memory = memory;
    this.#absorbed = 0;
  }

  /** Takes over what others have remembered. True where some of it was not known. */
  absorb(): boolean {
    const { additions } = this;
    for (const { secret, replacement } of this.#memory.since(this.#absorbed)) {
      if (!this.#replacements.has(secret)) {
        this.#learn(secret, replacement);
      }
    }
    this.#absorbed = this.#memory.count;
    return this.additions > additions;
  }

  /** How often a value has become known. */
  get additions(): number {
    return this.#additions;
  }

  /** A secret from now on, wherever it turns up, and in base64 too. False where it was known. */
  add(secret: string): boolean {
    const bytes = toByteText(secret);
    if (secret === '' || isPlaceholder(secret) || this.#replacements.has(bytes)) {
      return false;
    }
    const replacement = placeholder(secret);
    this.#additions++;
    this.#replacements.set(bytes, replacement);
    for (const spelling of [...spellings(secret, replacement), ...base64Spellings(secret)]) {
      this.values.add(spelling);
    }
    return true;
  }

  /** What stands in the place of a secret; the secret itself where it is a placeholder. */
  instead(secret: ByteText): ByteText {
    return this.#replacements.get(secret) ?? placeholder(secret);
  }

  /** The same for the value of a secret name, which is remembered: it is replaced where it turns up later, too. */
  insteadOf(name: string, secret: ByteText): ByteText {
    if (secret === '' || isPlaceholder(secret)) {
      return secret;
    }
    const known = this.#replacements.get(secret);
    if (known !== undefined) {
      return known;
    }
    const replacement = PASSWORD.test(plainName(name)) ? REDACTED : placeholder(secret);
    this.#remember(secret, replacement);
    return replacement;
  }

  /** Does a known value stand in the text, or does a pattern fit it? */
  holds(text: ByteText): boolean {
    return this.values.find(text).length > 0 || this.patterns.some((pattern) => text.search(pattern) !== -1);
  }

  /** Is the value of a name with that verdict a secret? */
  isSecret(verdict: Verdict, value: ByteText): boolean {
    switch (verdict) {
      case 'always':
      case 'text':
        return true;
      case 'token':
        return looksRandom(value, LEAST_TOKEN) && !value.includes('://');
      case 'key':
        return (
          looksRandom(value, LEAST_KEY) &&
          !isUuid(value) &&
          !/[/.]\w/.test(value.slice(2)) &&
          !PUBLIC_KEY.test(value)
        );
      case 'never':
        return false;
    }
  }

  #remember(secret: ByteText, replacement: ByteText): void {
    const text = fromByteText(secret);
    if (text !== undefined && looksRandom(text, LEAST_REMEMBERED)) {
      this.#learn(secret, replacement);
      this.#memory.add({ secret, replacement });
    }
  }

  #learn(secret: ByteText, replacement: ByteText): void {
    if (this.#remembered.size >= MAX_REMEMBERED) {
      for (const [oldest, forgotten] of this.#remembered) {
        forgotten.forEach((spelling) => {
          this.values.delete(spelling);
        });
        this.#replacements.delete(oldest);
        this.#remembered.delete(oldest);
        break;
      }
    }
    this.#additions++;
    const text = fromByteText(secret) ?? secret;
    const added = [...spellings(text, replacement), ...base64Spellings(text)];
    for (const spelling of added) {
      this.values.add(spelling);
    }
    this.#replacements.set(secret, replacement);
    this.#remembered.set(
      secret,
      added.map((spelling) => spelling.text),
    );
  }
}
