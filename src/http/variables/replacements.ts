import type { JsonPath } from '../matching/json-path.js';
import { isTelling, isTellingNumber } from './distinctive.js';
import { type Edit, findEdits, type Needles } from './needles.js';
import type { Setting } from './spellings.js';

/** Values and what stands in their place: of one exchange, or of the run. */
export interface ValueSet {
  readonly values: ReadonlyMap<string, string>;
  /** Those of them that are looked for inside other text. */
  readonly needles: Needles;
}

/** What is to be replaced in a message. Where two sets hold a value, the first one counts. */
export class Replacements {
  readonly #sets: readonly ValueSet[];
  /** Where in JSON a value is taken for the same however short it is: the places that the first set is from. */
  readonly places: readonly JsonPath[];
  readonly #atPlaces: ReadonlyMap<string, string> | undefined;

  constructor(sets: readonly ValueSet[], places: readonly JsonPath[] = []) {
    this.#sets = sets.filter(({ values }) => values.size > 0);
    this.places = places;
    this.#atPlaces = sets[0]?.values;
  }

  get isEmpty(): boolean {
    return this.#sets.length === 0;
  }

  /**
   * What stands in the place of a value that is the whole of a string; undefined where it stays.
   *
   * @param isAtPlace Does it stand at one of `places`?
   */
  whole(text: string, isAtPlace = false): string | undefined {
    return isTelling(text) ? this.#valueOf(text) : this.#atPlace(text, isAtPlace);
  }

  /** What stands in the place of a number, as it is written in JSON; undefined where it stays, or would be no number. */
  number(text: string, isAtPlace = false): string | undefined {
    const value = isTellingNumber(text) ? this.#valueOf(text) : this.#atPlace(text, isAtPlace);
    return value !== undefined && JSON_NUMBER.test(value) ? value : undefined;
  }

  /** Where values stand inside a text. */
  edits(text: string, setting: Setting): Edit[] {
    return findEdits(
      text,
      setting,
      this.#sets.map(({ needles }) => needles),
    );
  }

  #atPlace(text: string, isAtPlace: boolean): string | undefined {
    return isAtPlace ? this.#atPlaces?.get(text) : undefined;
  }

  #valueOf(text: string): string | undefined {
    return this.#sets.find(({ values }) => values.has(text))?.values.get(text);
  }
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
