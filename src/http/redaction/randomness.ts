/** So many characters make a value that nobody guesses, where they are mixed. */
export const LONG = 16;

/** Longer values are contents. */
const LONGEST = 8192;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Is it a UUID (RFC 9562), as ids are and as some keys are? */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Does a value look drawn by a machine: one word of at least `least` characters, in which letters, digits and cases
 * change as often as chance makes them? Words, slugs, paths, dates, version numbers and plain numbers do not.
 *
 * @param least How many characters it has to have; few of them need more variety.
 */
export function looksRandom(text: string, least: number = LONG): boolean {
  if (text.length < least || text.length > LONGEST || /[^!-~]/.test(text)) {
    return false;
  }
  if (isUuid(text)) {
    return true;
  }
  const { changes, digits, letters, upper, counted } = tally(text);
  if (counted < least * 0.7 || distinct(text) < Math.min(10, least * 0.7)) {
    return false;
  }
  if (digits >= 2 && letters >= 2) {
    return changes >= 3 && changes / counted >= 0.2;
  }
  // Twenty letters by chance: about as many capitals as others, which in CamelCase are few.
  return letters >= 20 && upper / letters > 0.3 && upper / letters < 0.7 && changes / letters >= 0.18;
}

/** Is it short, or made of plain words: what follows the word "bearer" where no token does? */
export function isProse(text: string): boolean {
  return text.length < LONG || /^[A-Za-z]?[a-z]+(?:[-_./=+~][A-Za-z]?[a-z]+)*$/.test(text);
}

interface Tally {
  /** How often a digit follows a letter or the other way round, or a capital follows a small letter. */
  readonly changes: number;
  readonly digits: number;
  readonly letters: number;
  readonly upper: number;
  /** Letters and digits. */
  readonly counted: number;
}

type Kind = 'digit' | 'lower' | 'upper' | 'other';

function tally(text: string): Tally {
  let changes = 0;
  let digits = 0;
  let letters = 0;
  let upper = 0;
  let before: Kind = 'other';
  for (let at = 0; at < text.length; at++) {
    const kind = kindOf(text.charCodeAt(at));
    if (kind === 'digit') {
      digits++;
    } else if (kind !== 'other') {
      letters++;
      upper += kind === 'upper' ? 1 : 0;
    }
    const differs = (kind === 'digit') !== (before === 'digit');
    if (kind !== 'other' && before !== 'other') {
      changes += differs || (kind === 'upper' && before === 'lower') ? 1 : 0;
    }
    before = kind;
  }
  return { changes, digits, letters, upper, counted: digits + letters };
}

function kindOf(code: number): Kind {
  if (code >= 48 && code <= 57) {
    return 'digit';
  }
  if (code >= 97 && code <= 122) {
    return 'lower';
  }
  return code >= 65 && code <= 90 ? 'upper' : 'other';
}

function distinct(text: string): number {
  return new Set(text.length > 200 ? text.slice(0, 200) : text).size;
}
