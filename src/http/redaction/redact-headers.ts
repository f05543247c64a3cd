import { edited } from '../variables/needles.js';
import type { ByteText } from './byte-text.js';
import { fieldInstead } from './field-value.js';
import { findLoose } from './find-in-text.js';
import { unmistakableInstead } from './find-unmistakable.js';
import { findInUrl } from './redact-parameters.js';
import { Redactions } from './redactions.js';
import type { Secrets } from './secrets.js';

/** They say what a client has to do, and hold nothing that only one client may know (RFC 9110, section 11.6). */
const CHALLENGES = new Set(['www-authenticate', 'proxy-authenticate']);

/** Their whole value is one URL. */
const URLS = new Set(['location', 'content-location', 'referer', 'origin', 'sec-websocket-location']);

/** The value of a header without secrets; the same text where it holds none. `name` in any letters. */
export function redactHeader(name: string, value: ByteText, secrets: Secrets): ByteText {
  const lower = name.toLowerCase();
  if (value === '' || secrets.names.keeps(lower)) {
    return value;
  }
  if (CHALLENGES.has(lower)) {
    return unmistakableInstead(value, secrets);
  }
  if (lower === 'cookie' || lower === 'set-cookie') {
    return fieldInstead(lower, value, secrets);
  }
  const verdict = secrets.names.verdict('header', lower);
  if (verdict === 'always' || (verdict === 'token' && secrets.isSecret(verdict, value))) {
    return fieldInstead(lower, value, secrets);
  }
  return URLS.has(lower) ? redactUrl(value, secrets) : redactText(value, secrets);
}

/** A URL without secrets, otherwise byte for byte as it was. */
export function redactUrl(url: ByteText, secrets: Secrets): ByteText {
  const found = new Redactions();
  findInUrl(url, secrets, found);
  findLoose(url, 'text', secrets, found);
  const edits = found.settled(url);
  return edits.length === 0 ? url : edited(url, edits);
}

function redactText(text: ByteText, secrets: Secrets): ByteText {
  const found = new Redactions();
  findLoose(text, 'text', secrets, found);
  const edits = found.settled(text);
  return edits.length === 0 ? text : edited(text, edits);
}
