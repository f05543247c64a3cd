import { hash } from 'node:crypto';
import { LONG, looksRandom } from './randomness.js';

/** What stands in the place of a secret that somebody could guess, and in every other placeholder. */
export const REDACTED = 'REDACTED';

/** What stands after `Basic` (RFC 7617): user and password, redacted. */
export const BASIC = Buffer.from(`${REDACTED}:${REDACTED}`).toString('base64');

/** How keys of well-known services begin. A placeholder keeps it; a longer one stands before what it begins with. */
export const KEY_PREFIXES: readonly string[] = (
  'sk-proj- sk-ant-api03- sk-ant-admin01- sk-ant-oat01- sk-ant- sk-svcacct- sk-admin- sk-or-v1- sk-lf- sk- ' +
  'sk_live_ sk_test_ rk_live_ rk_test_ whsec_ github_pat_ ghp_ gho_ ghu_ ghs_ ghr_ glpat- gldt- glrt- ' +
  'xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp- AKIA ASIA AIza ya29. GOCSPX- 1// SG. key- npm_ pypi- hf_ ' +
  'dop_v1_ doo_v1_ dor_v1_ shpat_ shpca_ shppa_ shpss_ sq0atp- sq0csp- AGE-SECRET-KEY-1 hvs. hvb. dckr_pat_ ' +
  'lin_api_ PMAK- rubygems_ figd_ tskey- xai- gsk_ r8_ sbp_ pscale_tkn_ NRAK- dapi EAAA'
)
  .split(' ')
  .sort((a, b) => b.length - a.length);

const SEED_LENGTH = 8;
const CHECKED = 6;

/** The head and the claims of a JSON Web Token, which its placeholder keeps in part. */
const JWT = /^(eyJ[\w-]*)\.(eyJ[\w-]*)\.([\w-]*)$/;

const escaped = KEY_PREFIXES.map((prefix) => prefix.replace(/[.]/g, '\\.')).join('|');

/**
 * Every placeholder in a text, with the whole of the token that it stands for: a key's prefix, the parts of a JSON Web
 * Token, padding. Global: use it with `replace` and `matchAll`. A text may hold what only looks like one.
 */
export const PLACEHOLDER: RegExp = new RegExp(
  `(?:(?<![\\w-])eyJ[\\w-]*\\.eyJ[\\w-]*\\.|${escaped})?REDACTED[0-9a-z]*(?:=|%3D)*|${BASIC}`,
  'g',
);

/**
 * What stands in the place of a secret: always the same for one secret. A value that looks random keeps its length and
 * the prefix of a well-known key, and gets a few characters of a hash, so that two of them can be told apart. A JSON
 * Web Token (RFC 7519) stays one that can be decoded, with its `exp`, `iat` and `nbf`. Everything else becomes
 * `REDACTED`: a hash of a password that somebody can guess would give it away. A placeholder, and the empty text, are
 * given back as they are.
 */
export function placeholder(secret: string): string {
  if (secret === '' || isPlaceholder(secret)) {
    return secret;
  }
  const jwt = JWT.exec(secret);
  const token = jwt === null ? undefined : tokenPlaceholder(secret, jwt);
  return token ?? shaped(secret, secret);
}

/**
 * A placeholder in the shape of one spelling of a secret, such as its base64; the same hash as that of the secret.
 */
export function shaped(spelling: string, secret: string): string {
  const prefix = prefixOf(spelling);
  const padding = /={1,2}$/.exec(spelling)?.[0] ?? '';
  const room = spelling.length - prefix.length - padding.length - REDACTED.length - SEED_LENGTH;
  if (room < 0 || isGuessable(secret)) {
    return REDACTED;
  }
  const seed = seedOf(secret);
  return `${prefix}${REDACTED}${seed}${fill(seed, room)}${padding}`;
}

/** Is the text one placeholder? A secret that merely holds the word is none: the hash has to fit. */
export function isPlaceholder(text: string): boolean {
  if (text === REDACTED || text === BASIC) {
    return true;
  }
  const at = text.indexOf(REDACTED);
  if (at === -1) {
    return false;
  }
  const end = endOfPlaceholder(text, at);
  if (end === at + REDACTED.length || !/^=*$/.test(text.slice(end))) {
    return false;
  }
  const prefix = text.slice(0, at);
  return prefix === '' || KEY_PREFIXES.includes(prefix) || isTokenHead(prefix);
}

/** Where the placeholders of a text stand, without what their tokens have besides. From left to right. */
export function placeholdersIn(text: string): (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = text.indexOf(REDACTED); at !== -1; at = text.indexOf(REDACTED, at)) {
    const end = endOfPlaceholder(text, at);
    found.push([at, end]);
    at = end;
  }
  return found;
}

/** Behind the prefix of a well-known key stands nothing that people choose. */
function isGuessable(secret: string): boolean {
  const prefix = prefixOf(secret);
  const rest = secret.slice(prefix.length);
  return prefix === '' ? !looksRandom(rest) : rest.length < LONG || /[^!-~]/.test(rest);
}

/** The prefix of a well-known key that the text begins with, or ''. */
function prefixOf(text: string): string {
  return KEY_PREFIXES.find((prefix) => text.startsWith(prefix)) ?? '';
}

/** Where the placeholder ends that begins at `at`: behind what follows from its seed, or behind the bare word. */
function endOfPlaceholder(text: string, at: number): number {
  const start = at + REDACTED.length;
  const seed = text.slice(start, start + SEED_LENGTH);
  if (!/^[0-9a-z]{8}$/.test(seed) || seed.slice(CHECKED) !== fill(seed.slice(0, CHECKED), 2)) {
    return start;
  }
  let end = start + SEED_LENGTH;
  const tail = /[0-9a-z]*/y;
  tail.lastIndex = end;
  const rest = tail.exec(text)?.[0] ?? '';
  const expected = fill(seed, rest.length);
  for (let index = 0; index < rest.length && rest[index] === expected[index]; index++) {
    end++;
  }
  return end;
}

/** Six characters of a hash, and two that follow from them. */
function seedOf(secret: string): string {
  const digest = hash('sha256', `interposition ${secret}`, 'hex');
  const head = (Number.parseInt(digest.slice(0, 12), 16) % 36 ** CHECKED).toString(36).padStart(CHECKED, '0');
  return head + fill(head, SEED_LENGTH - CHECKED);
}

/** Letters and digits that follow from a seed alone (xorshift). */
function fill(seed: string, length: number): string {
  let state = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) {
    state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
  }
  state ||= 1;
  let text = '';
  while (text.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    text += ((state >>> 0) % 36).toString(36);
  }
  return text;
}

/** Claims that say when a token holds (RFC 7519, section 4.1): clients read them, and they are no secret. */
const KEPT_CLAIMS = ['exp', 'iat', 'nbf'];
const KEPT_HEADERS = ['alg', 'typ'];

/** Undefined where the token cannot be decoded. */
function tokenPlaceholder(secret: string, [, head = '', claims = '', signature = '']: readonly string[]) {
  const header = decodedPart(head);
  const payload = decodedPart(claims);
  if (header === undefined || payload === undefined) {
    return undefined;
  }
  const seed = seedOf(secret);
  const room = Math.max(0, signature.length - REDACTED.length - SEED_LENGTH);
  const kept = [keptHeader(header), keptClaims(payload)].map(encodedPart);
  return [...kept, `${REDACTED}${seed}${fill(seed, room)}`].join('.');
}

/** Is it `header.payload.` of the placeholder of a JSON Web Token? */
function isTokenHead(prefix: string): boolean {
  const [head = '', claims = '', rest] = prefix.split('.');
  const header = decodedPart(head);
  const payload = decodedPart(claims);
  return (
    rest === '' &&
    header !== undefined &&
    payload !== undefined &&
    encodedPart(keptHeader(header)) === head &&
    encodedPart(keptClaims(payload)) === claims
  );
}

// Neither is ever empty: each part of a token begins with `{"`.
function keptHeader(header: Record<string, unknown>): object {
  const isKept = (value: unknown) => typeof value === 'string' && /^[\w-]{1,20}$/.test(value);
  return { typ: 'JWT', ...reduced(header, KEPT_HEADERS, isKept) };
}

function keptClaims(payload: Record<string, unknown>): object {
  return { sub: REDACTED, ...reduced(payload, KEPT_CLAIMS, (value) => typeof value === 'number') };
}

function decodedPart(part: string): Record<string, unknown> | undefined {
  const text = Buffer.from(part, 'base64url').toString();
  if (!text.startsWith('{"') || !text.endsWith('}')) {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function encodedPart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function reduced(
  part: Record<string, unknown>,
  names: readonly string[],
  isKept: (value: unknown) => boolean,
): object {
  const kept = names.filter((name) => Object.hasOwn(part, name) && isKept(part[name]));
  return Object.fromEntries(kept.map((name) => [name, part[name]]));
}
