import type { ByteText } from './byte-text.js';
import { BASIC } from './placeholder.js';
import { isProse, looksRandom } from './randomness.js';
import type { Redactions } from './redactions.js';
import type { Secrets } from './secrets.js';

/** A well-known form of a secret. */
interface Shape {
  /**
   * Matches at the place where `begins` does. Its group `secret`, or else all of it, is the secret. Each repeat is bounded, or nothing has to follow it, so that a text made
   * against it takes no more than linear time.
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

/** How secrets begin, and what they look like from there. */
const SHAPES: readonly (readonly [begins: string, shape: Shape])[] = [
  // OpenAI, Anthropic, OpenRouter, and who took it up from them.
  ['sk-(?:proj|ant|svcacct|admin|or|lf)-', { pattern: /[\w-]{20,}/y, test: hasDigit }],
  [
    'sk-',
    { isText: true, pattern: /sk-(?:[A-Za-z0-9]{32,}|[\w-]{20,})/y, test: (text) => isRandomKey(text) },
  ],
  // Stripe.
  ['[sr]k_(?:live|test|prod)_', { pattern: /[sr]k_[a-z]{4}_[A-Za-z0-9]{10,}/y }],
  ['whsec_', { isText: true, pattern: /whsec_[A-Za-z0-9+/=]{20,}/y }],
  // GitHub, GitLab.
  ['gh[pousr]_', { pattern: /gh[pousr]_[A-Za-z0-9_]{20,}/y }],
  ['github_pat_', { pattern: /github_pat_\w{20,}/y }],
  ['gl(?:pat|dt|rt|ptt|cbt|soat)-', { pattern: /gl[a-z]{2,4}-[\w-]{16,}/y, test: hasDigit }],
  // Slack, Discord, Telegram.
  ['xox[abeoprs]-', { pattern: /xox[a-z]-[\w-]{10,}/y, test: hasDigit }],
  ['xapp-', { pattern: /xapp-[\w-]{20,}/y, test: hasDigit }],
  [
    'hooks\\.slack',
    {
      pattern:
        /hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/(?:[\w-]{1,40}\/){1,3}(?<secret>[A-Za-z0-9]{16,})/dy,
    },
  ],
  [
    '/webhooks/',
    { isText: true, pattern: /\/webhooks\/\d{15,25}\/(?<secret>[\w-]{40,})/dy, notAfter: ANYWHERE },
  ],
  [':AA', { isText: true, pattern: /:(?<secret>AA[\w-]{33})(?![\w-])/dy, notAfter: ANYWHERE }],
  // Amazon, Google, DigitalOcean.
  ['A(?:KIA|SIA)', { pattern: /A(?:KIA|SIA)[A-Z2-7]{16}(?![A-Za-z0-9])/y }],
  ['AIza', { pattern: /AIza[\w-]{35}(?![\w-])/y }],
  ['ya29\\.', { pattern: /ya29\.[\w.-]{20,}/y }],
  ['1//0', { isText: true, pattern: /1\/\/0[\w-]{20,}/y, test: hasDigit }],
  ['GOCSPX-', { pattern: /GOCSPX-[\w-]{20,}/y }],
  ['do[opr]_v1_', { pattern: /do[opr]_v1_[0-9a-f]{40,}/y }],
  // Mail: SendGrid, Mailgun.
  ['SG\\.', { pattern: /SG\.[\w-]{16,32}\.[\w-]{16,64}/y }],
  ['key-', { isText: true, pattern: /key-[0-9a-f]{32}(?![0-9A-Za-z])/y }],
  // Registries, shops, models, vaults.
  ['npm_', { pattern: /npm_[A-Za-z0-9]{30,}/y, test: hasDigit }],
  ['pypi-', { pattern: /pypi-[\w-]{50,}/y }],
  ['hf_', { isText: true, pattern: /hf_[A-Za-z0-9]{30,}/y, test: hasDigit }],
  ['shp(?:at|ca|pa|ss)_', { pattern: /shp[a-z]{2}_[0-9a-fA-F]{32,}/y }],
  ['sq0(?:atp|csp|idp)-', { pattern: /sq0[a-z]{3}-[\w-]{22,}/y }],
  [
    '(?:dckr_pat|lin_api|rubygems|figd|gsk|sbp|pscale_tkn)_',
    { pattern: /[a-z_]+_[\w-]{20,}/y, test: hasDigit },
  ],
  ['(?:xai|tskey|PMAK|NRAK)-', { pattern: /[A-Za-z]+-[\w-]{20,}/y, test: hasDigit }],
  ['hv[sb]\\.', { pattern: /hv[sb]\.[\w-]{20,}/y, test: hasDigit }],
  ['AGE-SECRET-KEY-1', { pattern: /AGE-SECRET-KEY-1[0-9A-Z]{50,}/y }],
  // JSON Web Tokens, signed (RFC 7515) and encrypted (RFC 7516).
  [
    'eyJ',
    {
      pattern: /eyJ[\w-]{5,}\.(?:eyJ[\w-]{2,}\.[\w-]*|[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+)/y,
      notAfter: /[\w-]/,
    },
  ],
  // RFC 6750 and RFC 7617, wherever somebody quotes them.
  [
    '[Bb]earer|BEARER',
    {
      isText: true,
      pattern: /bearer[ \t]{1,4}(?<secret>[\w.~+/=-]{8,})/diy,
      test: (text) => looksRandom(text, 12) || !isProse(text),
    },
  ],
  [
    '[Bb]asic|BASIC',
    {
      isText: true,
      pattern: /basic[ \t]{1,4}(?<secret>[\w+/=-]{4,})(?![\w+/=-]|\.\w)/diy,
      test: isUserAndPassword,
      instead: () => BASIC,
    },
  ],
  // RFC 7468, OpenSSH, PGP. Its lines may be joined by escapes.
  [
    '-----BEGIN',
    {
      pattern:
        /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[nr]){0,8}(?<secret>(?:[\w+/=:,.()]|-(?!-)){1,512}(?:(?:\s|\\[nr]){1,8}(?:[\w+/=:,.()]|-(?!-)){1,512}){0,400})/dy,
      instead: insteadOfKey,
    },
  ],
  // User and password in a URL (RFC 3986, section 3.2.1).
  [
    '://',
    {
      isText: true,
      pattern: /:\/\/(?<user>[^\s/?#"'<>\\:@]{0,256})(?::(?<secret>[^\s/?#"'<>\\]{0,512}))?@/dy,
      notAfter: ANYWHERE,
    },
  ],
];

/** Where a secret may begin. Without groups, which would make it slow. */
const BEGINS = new RegExp(SHAPES.map(([begins]) => begins).join('|'), 'g');

/** The shape of each beginning, in the order in which they are tried. */
const BY_BEGINNING = SHAPES.map(([begins, shape]) => [new RegExp(`^(?:${begins})$`), shape] as const);

/** Replaces the keys of well-known services, tokens, private keys, and credentials in URLs. */
export function findShapes(text: ByteText, secrets: Secrets, found: Redactions, inBinary = false): void {
  BEGINS.lastIndex = 0;
  for (let begin = BEGINS.exec(text); begin !== null; begin = BEGINS.exec(text)) {
    const { 0: beginning, index } = begin;
    const [, shape] = BY_BEGINNING.find(([pattern]) => pattern.test(beginning)) ?? [];
    if (shape !== undefined && !(inBinary && shape.isText) && mayBeginAt(text, index, shape)) {
      BEGINS.lastIndex = Math.max(matchShape(text, index, shape, secrets, found), BEGINS.lastIndex);
    }
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
  return secrets.instead(lines.replace(/\\[nr]|\s/g, ''));
}
