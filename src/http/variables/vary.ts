import type { InteractionRequest, ResponseChunk } from '../../core/interaction.js';
import type { JsonPath } from '../matching/json-path.js';
import { parseVaryPlace, type VaryPlace, valuesAt } from '../matching/vary-places.js';
import { placeholdersIn } from '../redaction/placeholder.js';
import { isDistinctive } from './distinctive.js';
import { Needles } from './needles.js';
import { Replacements, type ValueSet } from './replacements.js';
import {
  substituteBody,
  substituteChunks,
  substituteHeaders,
  substituteTarget,
  wireText,
} from './substitute.js';

/** So many values are kept for a run; the oldest give way. */
const MAX_KEPT = 10_000;

/** The recorded values of one exchange, each with this run's. */
export type OwnValues = ReadonlyMap<string, string>;

/** Values that can be added and dropped, in the order of their adding. */
class KeptValues implements ValueSet {
  readonly values = new Map<string, string>();
  readonly needles = new Needles();

  set(from: string, to: string): void {
    this.delete(from);
    this.values.set(from, to);
    if (isDistinctive(from)) {
      this.needles.add(from, to);
    }
  }

  delete(from: string): void {
    if (this.values.delete(from)) {
      this.needles.delete(from);
    }
  }
}

/**
 * The values at the places of the option `vary`, in one run: what each was when it was recorded, and what it is now.
 * Of the values of an exchange those that are distinctive are kept for the exchanges after it.
 */
export class Bindings {
  readonly #places: readonly VaryPlace[];
  readonly #bodyPaths: readonly JsonPath[];
  /** This run's values by the recorded ones, and the other way round. */
  readonly #actual = new KeptValues();
  readonly #recorded = new KeptValues();

  /**
   * @param vary Places, such as `body:$.email`; see `parseVaryPlace`.
   * @throws InvalidOptionError for a text that is no such place.
   */
  constructor(vary: readonly string[] = []) {
    this.#places = vary.map(parseVaryPlace);
    // A path to any depth leads to values that have nothing to do with each other.
    this.#bodyPaths = this.#places
      .flatMap((place) => (place.in === 'body' ? [place.path] : []))
      .filter((path) => path.every(({ deep }) => !deep));
  }

  /**
   * Takes the values of a request that a recording answers. A value that was recorded for this run's other value before
   * stands for the new one from now on. Values that are redacted, or partly so, are none.
   *
   * @returns The values of this exchange, for its own response.
   */
  learn(recorded: InteractionRequest, actual: InteractionRequest): OwnValues {
    const own = new Map<string, string>();
    for (const place of this.#places) {
      const [before, now] = [valuesIn(recorded, place), valuesIn(actual, place)];
      // Of lists that differ in length nothing says which value became which.
      for (const [index, from] of before.length === now.length ? before.entries() : []) {
        const to = now[index] as string;
        if (!own.has(from) && !isRedacted(from) && !isRedacted(to)) {
          own.set(from, to);
        }
      }
    }
    for (const [from, to] of own) {
      this.#keep(from, to);
    }
    return own;
  }

  /**
   * The request with the recorded values in the place of this run's, for a second look-up; the same object where it
   * holds none. Where this run has one value for several recorded ones, the last that was learned counts.
   */
  asRecorded(request: InteractionRequest): InteractionRequest {
    const replacements = new Replacements([this.#recorded]);
    if (replacements.isEmpty) {
      return request;
    }
    const target = substituteTarget(request.target, replacements);
    const headers = substituteHeaders(request.headers, replacements);
    const [body = request.body] = substituteBody([request.body], request.headers, replacements);
    return target === request.target && headers === request.headers && body === request.body
      ? request
      : { ...request, target, headers, body };
  }

  /**
   * The recorded chunks with this run's values; the same list where they hold none. A `content-length` is left as it
   * was recorded.
   *
   * @param own What `learn` gave for the exchange; it counts before what was learned elsewhere.
   */
  substitute(chunks: readonly ResponseChunk[], own: OwnValues = new Map()): readonly ResponseChunk[] {
    const replacements = new Replacements([ownSet(own), this.#actual], this.#bodyPaths);
    const isTrivial = [...own].every(([from, to]) => from === to) && this.#actual.values.size === 0;
    return isTrivial ? chunks : substituteChunks(chunks, replacements);
  }

  #keep(from: string, to: string): void {
    const before = this.#actual.values.get(from);
    if (before !== undefined && this.#recorded.values.get(before) === from) {
      this.#recorded.delete(before);
    }
    this.#actual.delete(from);
    if (from === to || !isDistinctive(from)) {
      return;
    }
    this.#actual.set(from, to);
    if (isDistinctive(to)) {
      this.#recorded.set(to, from);
    }
    const [oldest] = this.#actual.values.size > MAX_KEPT ? this.#actual.values.keys() : [];
    if (oldest !== undefined) {
      this.#keep(oldest, oldest);
    }
  }
}

function valuesIn(request: InteractionRequest, place: VaryPlace): readonly string[] {
  const values = valuesAt(request, place);
  return place.in === 'header' ? values.map(wireText) : values;
}

function isRedacted(value: string): boolean {
  return placeholdersIn(value).length > 0;
}

function ownSet(own: OwnValues): ValueSet {
  const set = new KeptValues();
  for (const [from, to] of own) {
    set.set(from, to);
  }
  return set;
}
