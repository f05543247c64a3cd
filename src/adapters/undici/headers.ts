import type { HeaderPair } from '../../core/interaction.js';
import type { DispatchOptions, HeaderRecord, RawHeaders } from './protocol.js';

/** The pairs of undici's raw headers, one character a byte; of parsed ones where that is all there is. */
export function headerPairs(raw: unknown, parsed?: HeaderRecord): HeaderPair[] {
  if (!Array.isArray(raw)) {
    return Object.entries((raw as HeaderRecord | null | undefined) ?? parsed ?? {})
      .filter(([name]) => !name.startsWith(':'))
      .flatMap(([name, value]) => [value].flat().map((one): HeaderPair => [name, one]));
  }
  const pairs: HeaderPair[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const value: unknown = raw[index + 1];
    for (const one of Array.isArray(value) ? value : [value]) {
      pairs.push([latin1(raw[index]), latin1(one)]);
    }
  }
  return pairs;
}

/** Raw headers as undici's HTTP/1 parser gives them. */
export function rawHeaders(pairs: readonly HeaderPair[]): RawHeaders {
  const raw: Buffer[] = [];
  for (const [name, value] of pairs) {
    raw.push(Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'));
  }
  return raw;
}

/** Headers as undici parses them: names in lower case, a list where a name repeats. */
export function headerRecord(pairs: readonly HeaderPair[]): HeaderRecord {
  const record: HeaderRecord = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const before = Object.hasOwn(record, key) ? record[key] : undefined;
    const next = before === undefined ? value : [before, value].flat();
    if (key === '__proto__') {
      // An assignment would set the prototype.
      Object.defineProperty(record, key, {
        value: next,
        configurable: true,
        enumerable: true,
        writable: true,
      });
    } else {
      record[key] = next;
    }
  }
  return record;
}

/**
 * The headers that a program hands to `dispatch`, in any of the shapes that undici takes: names and values in turn,
 * pairs, an iterable of pairs, an object.
 */
export function requestHeaderPairs(headers: unknown): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  const add = (name: unknown, value: unknown) => {
    if (typeof name === 'string' && typeof value === 'string') {
      pairs.push([name, value]);
      return;
    }
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) {
        pairs.push([latin1(name), one === null ? '' : latin1(one)]);
      }
    }
  };
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    for (let index = 0; index + 1 < headers.length; index += 2) {
      add(headers[index], headers[index + 1]);
    }
  } else if (isIterable(headers)) {
    for (const pair of headers) {
      if (Array.isArray(pair)) {
        add(pair[0], pair[1]);
      }
    }
  } else if (typeof headers === 'object' && headers !== null) {
    // V8 remembers the keys of objects of one shape, and not their entries.
    for (const name of Object.keys(headers)) {
      add(name, (headers as Readonly<Record<string, unknown>>)[name]);
    }
  }
  return pairs;
}

/** The options, their headers in a form that can be read twice: an iterator is used up by the first reading. */
export function withStableHeaders(options: DispatchOptions): DispatchOptions {
  const { headers } = options;
  const isIterator =
    !Array.isArray(headers) && isIterable(headers) && (headers[Symbol.iterator]() as unknown) === headers;
  return isIterator ? { ...options, headers: requestHeaderPairs(headers).flat() } : options;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    typeof (value as Iterable<unknown> | null)?.[Symbol.iterator] === 'function' && typeof value === 'object'
  );
}

function latin1(value: unknown): string {
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  }
  return String(value);
}
