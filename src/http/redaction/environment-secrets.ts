import { KEY_PREFIXES } from './placeholder.js';
import { looksRandom } from './randomness.js';

const SECRET_NAME =
  /(?:^|_)(?:(?:API|AUTH|ACCESS)?(?:KEY|TOKEN)|SECRET|PASS|PASSPHRASE|PAT)$|PASSWORD|PASSWD|[a-z](?:Key|Token|Secret)$/;
const KEY_NAME = /(?:KEY|TOKEN)$/;

/** A value that has so many characters and is a secret by its name is not found elsewhere by chance. */
const LEAST_RANDOM = 10;
const LEAST_WORDS = 12;

/**
 * The values of environment variables whose names say that they are secret (`*_KEY`, `*_TOKEN`, `*_SECRET`,
 * `*PASSWORD*`), in any letters, where they are long and random enough: not `test`, `true`, a path, or a URL.
 */
export class EnvironmentSecrets {
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #isKept: (name: string) => boolean;
  /** The names of all variables, when they were last looked at, and those of them whose values may be secret. */
  #names: readonly string[] = [];
  #secretNames: readonly string[] = [];
  /** The values that were given already, by name. */
  readonly #given = new Map<string, string>();

  /** @param isKept Is a variable exempted by its name? */
  constructor(environment: Readonly<Record<string, string | undefined>>, isKept: (name: string) => boolean) {
    this.#environment = environment;
    this.#isKept = isKept;
  }

  /** Those that are new since the last call. */
  read(): string[] {
    // Names cost a tenth of what names and values do.
    const names = Object.getOwnPropertyNames(this.#environment);
    if (!isSame(names, this.#names)) {
      this.#names = names;
      this.#secretNames = names.filter((name) => isSecretName(name) && !this.#isKept(name));
    }
    const found: string[] = [];
    for (const name of this.#secretNames) {
      const value = this.#environment[name];
      if (value !== undefined && this.#given.get(name) !== value) {
        this.#given.set(name, value);
        if (isSecretValue(name, value)) {
          found.push(value);
        }
      }
    }
    return found;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) || SECRET_NAME.test(name.toUpperCase());
}

function isSecretValue(name: string, value: string): boolean {
  const isPlace = /^(?:[.~]?\/|\.\.\/|[A-Za-z]:[\\/]|[a-z][a-z0-9+.-]*:\/\/)/.test(value);
  if (isPlace && !/^\/[A-Za-z0-9+/]{30,}={0,2}$/.test(value)) {
    return false;
  }
  if (KEY_PREFIXES.some((prefix) => value.startsWith(prefix)) && value.length >= LEAST_WORDS) {
    return true;
  }
  // A key may be called by words (`SORT_KEY=created_at_descending`), a password may be made of them.
  const isWords = !KEY_NAME.test(name.toUpperCase()) && value.length >= LEAST_WORDS;
  return isWords || looksRandom(value, LEAST_RANDOM);
}
