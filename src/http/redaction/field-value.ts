import type { ByteText } from './byte-text.js';
import { unmistakableInstead } from './find-unmistakable.js';
import { BASIC, isPlaceholder, REDACTED } from './placeholder.js';
import { plainName } from './secret-names.js';
import type { Secrets } from './secrets.js';

/** A scheme and what follows (RFC 9110, section 11.4); the schemes with digits are Amazon's and RFC 7804's. */
const SCHEME =
  /^([A-Za-z]{1,24}(?:-[A-Za-z]{1,24}){0,3}|AWS4-[A-Z]+(?:-P256)?-(?:HMAC-)?SHA256|AWS4-HMAC-SHA256|SCRAM-SHA-\d+)([ \t]+)(\S.*)$/s;

/** What stands in the place of the value of a secret field or header; names of cookies and schemes stay. */
export function fieldInstead(name: string, value: ByteText, secrets: Secrets): ByteText {
  switch (plainName(name)) {
    case 'cookie':
      return cookiesInstead(value, secrets);
    case 'setcookie':
      return setCookieInstead(value, secrets);
    default:
      return credentialInstead(name, value, secrets);
  }
}

function credentialInstead(name: string, value: ByteText, secrets: Secrets): ByteText {
  const [, scheme = '', space = '', rest = ''] = SCHEME.exec(value) ?? [];
  const isScheme = /auth|credential/i.test(name) || /^(?:basic|bearer|token)$/i.test(scheme);
  if (rest === '' || !isScheme) {
    return secrets.insteadOf(name, value);
  }
  if (scheme.toLowerCase() === 'basic') {
    return scheme + space + basicInstead(rest, secrets);
  }
  const isToken = /^\S+$/.test(rest) && !/[=,]./.test(rest.replace(/={1,2}$/, ''));
  return scheme + space + (isToken ? secrets.insteadOf(name, rest) : REDACTED);
}

function basicInstead(credentials: ByteText, secrets: Secrets): ByteText {
  if (isPlaceholder(credentials)) {
    return credentials;
  }
  const decoded = Buffer.from(credentials, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  // Both are remembered: a key may be sent as the user.
  secrets.insteadOf('user', decoded.slice(0, Math.max(0, colon)));
  secrets.insteadOf('password', decoded.slice(colon + 1));
  return BASIC;
}

/** `Cookie` (RFC 6265, section 4.2): the names stay. */
function cookiesInstead(value: ByteText, secrets: Secrets): ByteText {
  return value.replace(
    /([^;]*)(;|$)/g,
    (_, cookie: string, end: string) => cookieInstead(cookie, secrets) + end,
  );
}

/** What follows attributes behind a comma: several cookies in one header. The comma of a date has no `=` behind it. */
const NEXT_COOKIE = /,[ \t]{0,20}(?=[^;,=\s]{1,256}=)/g;

/** `Set-Cookie` (RFC 6265, section 4.1): the name and the attributes stay. */
function setCookieInstead(value: ByteText, secrets: Secrets): ByteText {
  let instead = '';
  for (let start = 0; start < value.length; ) {
    const semicolon = value.indexOf(';', start);
    const end = semicolon === -1 ? value.length : semicolon;
    NEXT_COOKIE.lastIndex = end;
    const next = NEXT_COOKIE.test(value) ? NEXT_COOKIE.lastIndex : value.length;
    instead += cookieInstead(value.slice(start, end), secrets);
    instead += unmistakableInstead(value.slice(end, next), secrets);
    start = next;
  }
  return instead;
}

function cookieInstead(cookie: ByteText, secrets: Secrets): ByteText {
  const sign = cookie.indexOf('=');
  const name = cookie.slice(0, Math.max(0, sign)).trim();
  if (secrets.names.keeps(name)) {
    return cookie;
  }
  const [, before = '', value = '', after = ''] = /^(\s*"?)(.*?)("?\s*)$/s.exec(cookie.slice(sign + 1)) ?? [];
  return cookie.slice(0, sign + 1) + before + secrets.insteadOf(name, value) + after;
}
