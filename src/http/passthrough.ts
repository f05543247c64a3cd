import { types } from 'node:util';
import { InvalidOptionError } from '../core/errors.js';
import type { RequestHead } from '../core/recording.js';

/** Something that tells URLs apart, as RegExp and URLPattern do. */
export interface UrlTest {
  /** Does it fit this URL? */
  test(url: string): boolean;
}

/**
 * Which requests are left alone in every mode. A string is a host (`localhost:3000`, `*.example.com`), an origin or the
 * beginning of a URL (`https://example.com/health`), or the word `loopback`: this machine, by whatever name. A RegExp or
 * URLPattern is tested against the URL. A function gets the request's URL and method.
 */
export type PassthroughRule = string | UrlTest | ((url: URL, method: string) => boolean);

/**
 * The rules as one function.
 *
 * @throws InvalidOptionError for a rule that is none.
 */
export function passthroughOf(
  rules: PassthroughRule | readonly PassthroughRule[] | undefined,
): (head: RequestHead) => boolean {
  const tests = (Array.isArray(rules) ? rules : rules === undefined ? [] : [rules]).map(testOf);
  if (tests.length === 0) {
    return () => false;
  }
  return ({ action, target }) => {
    const url = URL.canParse(target) ? new URL(target) : undefined;
    return url !== undefined && tests.some((test) => test(url, action));
  };
}

function testOf(rule: PassthroughRule, index: number): (url: URL, method: string) => boolean {
  if (typeof rule === 'function') {
    return (url, method) => Boolean(rule(url, method));
  }
  if (types.isRegExp(rule)) {
    // One of its own: with some flags a RegExp remembers where it was.
    const own = new RegExp(rule.source, rule.flags);
    return ({ href }) => {
      own.lastIndex = 0;
      return own.test(href);
    };
  }
  if (typeof rule === 'object' && typeof rule?.test === 'function') {
    return ({ href }) => rule.test(href);
  }
  const test = typeof rule === 'string' ? testOfText(rule) : undefined;
  if (test === undefined) {
    throw new InvalidOptionError(
      `options.passthrough[${index}]`,
      `${typeof rule === 'string' ? JSON.stringify(rule) : 'it'} is none of: a host, the beginning of a URL, ` +
        'the word "loopback", a RegExp, a URLPattern, a function.',
    );
  }
  return test;
}

function testOfText(rule: string): ((url: URL) => boolean) | undefined {
  if (rule.toLowerCase() === 'loopback') {
    return ({ hostname }) => isLoopback(hostname);
  }
  if (/^https?:\/\//i.test(rule)) {
    const url = URL.canParse(rule) ? new URL(rule) : undefined;
    // A host of a URL may hold a "*", and then no request has it.
    return url === undefined || url.hostname.includes('*') ? undefined : beginsWith(url);
  }
  const [, wildcard, name = '', port] =
    /^(\*\.)?([^\s/\\:@?#*[\]]+|\[[\da-f:.]+\])(?::(\d+))?$/i.exec(rule) ?? [];
  const authority = `http://${name}${port === undefined ? '' : `:${port}`}/`;
  if (name === '' || !URL.canParse(authority)) {
    return undefined;
  }
  // As a request's URL spells it: in lower case, an address in its one form.
  const { hostname } = new URL(authority);
  return (url) =>
    (wildcard === undefined ? url.hostname === hostname : url.hostname.endsWith(`.${hostname}`)) &&
    (port === undefined || portOf(url) === String(Number(port)));
}

/** Whole segments: `/v1` is the beginning of `/v1/users`, and not of `/v10`. */
function beginsWith(rule: URL): (url: URL) => boolean {
  const path = rule.pathname.replace(/\/$/, '');
  return ({ origin, pathname, search }) =>
    origin === rule.origin &&
    (pathname === path || pathname.startsWith(`${path}/`)) &&
    (rule.search === '' || search === rule.search);
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}

/**
 * RFC 1122, 3.2.1.3; RFC 4291, 2.5.3; RFC 6761, 6.3. A connection to the unspecified address is one to this machine, on
 * Linux and macOS.
 */
const LOOPBACK =
  /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\]|(?:.+\.)?localhost\.?)$/;

function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** Does a URL lead to this machine? */
export function isOnLoopback(target: string): boolean {
  return URL.canParse(target) && isLoopback(new URL(target).hostname);
}
