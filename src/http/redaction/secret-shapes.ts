import type { ByteText } from './byte-text.js';
import { BASIC } from './placeholder.js';
import { isProse, looksRandom } from './randomness.js';
import type { Redactions } from './redactions.js';
import type { Secrets } from './secrets.js';

/** A well-known form of a secret. */
interface Shape {
  /**
   * Matches at the place of the beginning. Its group `secret`, or else all of it, is the secret. Each repeat is bounded,
   * or nothing has to follow it, so that a text made against it takes no more than linear time.
   */
  readonly pattern: RegExp;
  /** Is it found in texts only? Bytes that are no text hold such by chance. */
  readonly isText?: boolean;
  /** What may not stand in front; letters and digits where left out. */
  readonly notAfter?: RegExp;
  /** Is what was matched such a secret after all? */
  readonly test?: (secret: string) => boolean;
  /** What stands in its place. */
  readonly instead?: (secret: string, secrets: Secrets) => string;
}

const hasDigit = (secret: string) => /\d/.test(secret) || (/[a-z]/.test(secret) && /[A-Z]/.test(secret));

const ANYWHERE = /^$/;

/** What may stand between two lines of a key: also indents, escapes, several deep, and what HTML makes of line ends. */
const LINE_END = String.raw`(?:\s|\\{1,8}[nr]|&#(?:10|13|x[aAdD]);|<br ?/?>)`;
const KEY_LINE = '(?:[\\w+/=:,.()]|-(?!-)){1,512}';

/** The beginnings that have one of these in the middle. */
function spelled(first: string, middles: Iterable<string>, last: string): string[] {
  return Array.from(middles, (middle) => first + middle + last);
}

/** How secrets begin, and what they look like from there. */
const SHAPES: readonly (readonly [begins: readonly string[], shape: Shape])[] = [
  // OpenAI, Anthropic, OpenRouter, and who took it up from them.
  [
    spelled('sk-', ['proj', 'ant', 'svcacct', 'admin', 'or', 'lf'], '-'),
    { pattern: /[\w-]{20,}/y, test: hasDigit },
  ],
  [
    ['sk-'],
    { isText: true, pattern: /sk-(?:[A-Za-z0-9]{32,}|[\w-]{20,})/y, test: (text) => isRandomKey(text) },
  ],
  [['ek_'], { isText: true, pattern: /ek_[A-Za-z0-9]{24,}/y, test: hasDigit }],
  // Stripe.
  [
    ['sk_', 'rk_'].flatMap((kind) => spelled(kind, ['live', 'test', 'prod'], '_')),
    { pattern: /[sr]k_[a-z]{4}_[A-Za-z0-9]{10,}/y },
  ],
  [['whsec_'], { isText: true, pattern: /whsec_[A-Za-z0-9+/=]{20,}/y }],
  // GitHub, GitLab.
  [spelled('gh', 'pousr', '_'), { pattern: /gh[pousr]_[A-Za-z0-9_]{20,}/y }],
  [['github_pat_'], { pattern: /github_pat_\w{20,}/y }],
  [
    spelled('gl', ['pat', 'dt', 'rt', 'ptt', 'cbt', 'soat'], '-'),
    { pattern: /gl[a-z]{2,4}-[\w-]{16,}/y, test: hasDigit },
  ],
  // Slack, Discord, Telegram.
  [spelled('xox', 'abeoprs', '-'), { pattern: /xox[a-z]-[\w-]{10,}/y, test: hasDigit }],
  [['xapp-'], { pattern: /xapp-[\w-]{20,}/y, test: hasDigit }],
  [
    ['hooks.slack'],
    {
      pattern:
        /hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/(?:[\w-]{1,40}\/){1,3}(?<secret>[A-Za-z0-9]{16,})/dy,
    },
  ],
  [
    ['/webhooks/'],
    { isText: true, pattern: /\/webhooks\/\d{15,25}\/(?<secret>[\w-]{40,})/dy, notAfter: ANYWHERE },
  ],
  [[':AA'], { isText: true, pattern: /:(?<secret>AA[\w-]{33})(?![\w-])/dy, notAfter: ANYWHERE }],
  // Amazon, Google, DigitalOcean.
  [['AKIA', 'ASIA'], { pattern: /A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Za-z0-9])/y }],
  [['AIza'], { pattern: /AIza[\w-]{35}(?![\w-])/y }],
  [['ya29.'], { pattern: /ya29\.[\w.-]{20,}/y }],
  [['1//0'], { isText: true, pattern: /1\/\/0[\w-]{20,}/y, test: hasDigit }],
  [['GOCSPX-'], { pattern: /GOCSPX-[\w-]{20,}/y }],
  [spelled('do', 'opr', '_v1_'), { pattern: /do[opr]_v1_[0-9a-f]{40,}/y }],
  // Mail: SendGrid, Mailgun.
  [['SG.'], { pattern: /SG\.[\w-]{16,32}\.[\w-]{16,64}/y }],
  [['key-'], { isText: true, pattern: /key-[0-9a-f]{32}(?![0-9A-Za-z])/y }],
  // Registries, shops, models, vaults.
  [['npm_'], { pattern: /npm_[A-Za-z0-9]{30,}/y, test: hasDigit }],
  [['pypi-'], { pattern: /pypi-[\w-]{50,}/y }],
  [['hf_'], { isText: true, pattern: /hf_[A-Za-z0-9]{30,}/y, test: hasDigit }],
  [spelled('shp', ['at', 'ca', 'pa', 'ss'], '_'), { pattern: /shp[a-z]{2}_[0-9a-fA-F]{32,}/y }],
  [spelled('sq0', ['atp', 'csp', 'idp'], '-'), { pattern: /sq0[a-z]{3}-[\w-]{22,}/y }],
  [
    spelled('', ['dckr_pat', 'lin_api', 'rubygems', 'figd', 'gsk', 'sbp', 'pscale_tkn'], '_'),
    { pattern: /[a-z_]+_[\w-]{20,}/y, test: hasDigit },
  ],
  [spelled('', ['xai', 'tskey', 'PMAK', 'NRAK'], '-'), { pattern: /[A-Za-z]+-[\w-]{20,}/y, test: hasDigit }],
  [spelled('hv', 'sb', '.'), { pattern: /hv[sb]\.[\w-]{20,}/y, test: hasDigit }],
  [['AGE-SECRET-KEY-1'], { pattern: /AGE-SECRET-KEY-1[0-9A-Z]{50,}/y }],
  // JSON Web Tokens, signed (RFC 7515) and encrypted (RFC 7516).
  [
    ['eyJ'],
    {
      pattern: /eyJ[\w-]{5,}\.(?:eyJ[\w-]{2,}\.[\w-]*|[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+)/y,
      notAfter: /[\w-]/,
    },
  ],
  // RFC 6750 and RFC 7617, wherever somebody quotes them.
  [
    ['bearer', 'Bearer', 'BEARER'],
    {
      isText: true,
      pattern: /bearer[ \t]{1,4}(?<secret>[\w.~+/=-]{8,})/diy,
      test: (text) => looksRandom(text, 12) || !isProse(text),
    },
  ],
  [
    ['basic', 'Basic', 'BASIC'],
    {
      isText: true,
      pattern: /basic[ \t]{1,4}(?<secret>[\w+/=-]{4,})(?![\w+/=-]|\.\w)/diy,
      test: isUserAndPassword,
      instead: () => BASIC,
    },
  ],
  // RFC 7468, OpenSSH, PGP. Its lines may be joined by escapes.
  [
    ['-----BEGIN'],
    {
      pattern: new RegExp(
        '-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----' +
          `${LINE_END}{0,80}(?<secret>${KEY_LINE}(?:${LINE_END}{1,80}${KEY_LINE}){0,400})`,
        'dy',
      ),
      instead: insteadOfKey,
    },
  ],
  // User and password in a URL (RFC 3986, section 3.2.1).
  [
    ['://'],
    {
      isText: true,
      pattern: /:\/\/(?<user>[^\s/?#"'<>\\:@]{0,256})(?::(?<secret>[^\s/?#"'<>\\]{0,512}))?@/dy,
      notAfter: ANYWHERE,
    },
  ],
];

/** By the code of its first two characters: how a secret may begin, in the order in which the shapes are tried. */
const BY_PAIR = new Map<number, (readonly [beginning: string, shape: Shape])[]>();

/** Marks the codes of `BY_PAIR`, so that a text is passed over at one look a character. */
const IS_PAIR = new Uint8Array(1 << 14);

for (const [beginnings, shape] of SHAPES) {
  for (const beginning of beginnings) {
    const pair = pairAt(beginning, 0);
    IS_PAIR[pair] = 1;
    BY_PAIR.set(pair, [...(BY_PAIR.get(pair) ?? []), [beginning, shape]]);
  }
}

/** The code of two characters. Those beyond ASCII share theirs with others: it is a first look only. */
function pairAt(text: string, at: number): number {
  return ((text.charCodeAt(at) & 0x7f) << 7) | (text.charCodeAt(at + 1) & 0x7f);
}

/** The next place, from this one on, at which two characters stand that a secret begins with; -1 where there is none. */
function nextPair(text: string, from: number): number {
  const { length } = text;
  let first = text.charCodeAt(from) & 0x7f;
  for (let at = from + 1; at < length; at++) {
    const second = text.charCodeAt(at) & 0x7f;
    if (IS_PAIR[(first << 7) | second] !== 0) {
      return at - 1;
    }
    first = second;
  }
  return -1;
}

/** Replaces the keys of well-known services, tokens, private keys, and credentials in URLs. */
export function findShapes(text: ByteText, secrets: Secrets, found: Redactions, inBinary = false): void {
  for (let at = nextPair(text, 0); at !== -1; ) {
    const known = BY_PAIR.get(pairAt(text, at))?.find(([beginning]) => text.startsWith(beginning, at));
    let next = at + 1;
    if (known !== undefined) {
      const [beginning, shape] = known;
      const isOne = !(inBinary && shape.isText) && mayBeginAt(text, at, shape);
      const end = isOne ? matchShape(text, at, shape, secrets, found) : -1;
      next = Math.max(end, at + beginning.length);
    }
    at = nextPair(text, next);
  }
}

/** Where the secret of that shape ends that begins there, or -1. */
function matchShape(text: ByteText, at: number, shape: Shape, secrets: Secrets, found: Redactions): number {
  const { pattern, test, instead = (secret) => secrets.instead(secret) } = shape;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) {
    return -1;
  }
  if (match.groups === undefined) {
    if (test === undefined || test(match[0])) {
      found.replace(at, pattern.lastIndex, instead(match[0], secrets));
    }
    return pattern.lastIndex;
  }
  const { secret, user } = match.groups;
  const places = match.indices?.groups ?? {};
  if (secret && places['secret'] && (test === undefined || test(secret))) {
    found.replace(...places['secret'], instead(secret, secrets));
  }
  // A key alone may stand in the place of the user.
  if (user && places['user'] && looksRandom(user, 12)) {
    found.replace(...places['user'], secrets.instead(user));
  }
  return match.indices?.groups?.['secret']?.[1] ?? pattern.lastIndex;
}

/** Is it the beginning of a word, or behind a percent-encoded character? */
function mayBeginAt(text: ByteText, at: number, { notAfter = /[A-Za-z0-9]/ }: Shape): boolean {
  return !notAfter.test(text[at - 1] ?? ' ') || /^%[0-9A-Fa-f]{2}$/.test(text.slice(Math.max(0, at - 3), at));
}

function isRandomKey(text: string): boolean {
  return /^sk-[A-Za-z0-9]{32,}$/.test(text) ? hasDigit(text) : looksRandom(text, 20);
}

function isUserAndPassword(base64: string): boolean {
  return /^[ -~]*:[ -~]*$/.test(Buffer.from(base64, 'base64').toString('latin1'));
}

function insteadOfKey(lines: string, secrets: Secrets): string {
  return secrets.instead(lines.replace(new RegExp(LINE_END, 'g'), ''));
}
