import { isRecord } from '../shapes.js';

/**
 * The members of an object in a file that nobody has checked. Only its own count: what a prototype has is not there.
 *
 * @throws TypeError from each of them, for a member that has another type; it says which. A null counts as absent.
 */
export class Fields {
  readonly #record: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /** @param path Where the object stands, for errors. */
  constructor(value: unknown, path: string) {
    if (!isRecord(value)) {
      throw new TypeError(`${path} is not an object.`);
    }
    this.#record = value;
    this.#path = path;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#record, name) ? (this.#record[name] ?? undefined) : undefined;
  }

  /** Where a member stands, for errors. */
  at(name: string): string {
    return `${this.#path}.${name}`;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name, 'a text');
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === 'string' ? value : this.#missing(name, 'a text');
  }

  integer(name: string): number {
    const value = this.get(name);
    return Number.isSafeInteger(value) ? (value as number) : this.#missing(name, 'a whole number');
  }

  optionalNumber(name: string): number | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === 'number' ? value : this.#missing(name, 'a number');
  }

  fields(name: string): Fields {
    return new Fields(this.get(name), this.at(name));
  }

  optionalFields(name: string): Fields | undefined {
    return this.get(name) === undefined ? undefined : this.fields(name);
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    return Array.isArray(value) ? value : this.#missing(name, 'a list');
  }

  optionalList(name: string): readonly unknown[] {
    return this.get(name) === undefined ? [] : this.list(name);
  }

  /** The objects of a list. */
  each(name: string): readonly Fields[] {
    return this.optionalList(name).map((value, index) => new Fields(value, `${this.at(name)}[${index}]`));
  }

  #missing(name: string, what: string): never {
    throw new TypeError(`${this.at(name)} is not ${what}.`);
  }
}

/**
 * The bytes of base64 with or without line ends in it.
 *
 * @param path Where it stands, for errors.
 * @throws TypeError for what is no base64.
 */
export function base64Bytes(text: string, path: string): Uint8Array {
  const plain = text.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
    throw new TypeError(`${path} is not base64.`);
  }
  return new Uint8Array(Buffer.from(plain, 'base64'));
}

/** The same for pairs of hexadecimal digits. */
export function hexBytes(text: string, path: string): Uint8Array {
  if (!isHex(text)) {
    throw new TypeError(`${path} is not hexadecimal.`);
  }
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text);
}
