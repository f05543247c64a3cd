import type { ByteText } from './byte-text.js';
import { percentDecoded } from './decoded-text.js';
import { editsOfText } from './find-in-text.js';
import type { Redactions } from './redactions.js';
import type { NamePlace } from './secret-names.js';
import type { Secrets } from './secrets.js';

/** How the parameters of a text are told apart. */
interface Separation {
  readonly between: RegExp;
  readonly place: NamePlace;
  /** Is a plus a space? */
  readonly plus: boolean;
}

const OF_URL: Separation = { between: /[?&#]/g, place: 'query', plus: false };
const OF_FORM: Separation = { between: /&/g, place: 'field', plus: true };

/** Replaces the secret parameters of one URL: in its query and its fragment. */
export function findInUrl(url: ByteText, secrets: Secrets, found: Redactions): void {
  const start = /[?#]/.exec(url);
  if (start !== null) {
    findInParameters(url, start.index + 1, OF_URL, secrets, found);
  }
}

/** Replaces the secret fields of a form (`application/x-www-form-urlencoded`). */
export function findInForm(form: ByteText, secrets: Secrets, found: Redactions): void {
  findInParameters(form, 0, OF_FORM, secrets, found);
}

function findInParameters(
  text: ByteText,
  from: number,
  { between, place, plus }: Separation,
  secrets: Secrets,
  found: Redactions,
): void {
  // The code of an OAuth form (RFC 6749, 4.1.3) may hold dots and slashes, and may be a UUID.
  const isGrant = plus && text.includes('grant_type=');
  let sign = text.indexOf('=', from);
  for (let start = from; sign !== -1; ) {
    between.lastIndex = start;
    const end = between.exec(text)?.index ?? text.length;
    if (sign < end) {
      findInParameter(text, [start, sign, end], { place, plus, isGrant }, secrets, found);
      sign = text.indexOf('=', end);
    }
    start = end + 1;
  }
}

function findInParameter(
  text: ByteText,
  [start, sign, end]: readonly [number, number, number],
  { place, plus, isGrant }: Pick<Separation, 'place' | 'plus'> & { readonly isGrant: boolean },
  secrets: Secrets,
  found: Redactions,
): void {
  const name = percentDecoded(text, start, sign, plus).text;
  if (secrets.names.keeps(name)) {
    found.keep(sign + 1, end);
    return;
  }
  const verdict = secrets.names.verdict(isGrant && name === 'code' ? 'query' : place, name);
  const raw = text.slice(sign + 1, end);
  const decoded = /[%+]/.test(raw) ? percentDecoded(text, sign + 1, end, plus) : undefined;
  const value = decoded?.text ?? raw;
  if (secrets.isSecret(verdict, value)) {
    const instead = secrets.insteadOf(name, value);
    if (instead !== value) {
      found.replace(sign + 1, end, decoded?.encode(instead) ?? instead);
    }
    return;
  }
  if (decoded === undefined) {
    return;
  }
  for (const edit of editsOfText(value, secrets, 1)) {
    const { start: at, end: until, text: instead } = decoded.original(edit);
    found.replace(at, until, instead);
  }
}
