import type { Cookie } from 'har-format';
import type { HeaderPair } from '../../core/interaction.js';

/** The cookies that a request sends (RFC 6265, 4.2.1). */
export function sentCookies(headers: readonly HeaderPair[]): Cookie[] {
  return valuesOf(headers, 'cookie')
    .flatMap((value) => value.split(';'))
    .filter((pair) => pair.trim() !== '')
    .map(nameAndValue);
}

/** The cookies that a response sets (RFC 6265, 4.1.1). */
export function setCookies(headers: readonly HeaderPair[]): Cookie[] {
  return valuesOf(headers, 'set-cookie').map((line) => {
    const [pair = '', ...attributes] = line.split(';');
    const given = new Map(
      attributes.map((attribute) => {
        const { name, value } = nameAndValue(attribute);
        return [name.toLowerCase(), value];
      }),
    );
    const [path, domain] = [given.get('path'), given.get('domain')];
    const expires = new Date(given.get('expires') ?? Number.NaN);
    return {
      ...nameAndValue(pair),
      ...(path !== undefined && { path }),
      ...(domain !== undefined && { domain }),
      ...(!Number.isNaN(expires.getTime()) && { expires: expires.toISOString() }),
      httpOnly: given.has('httponly'),
      secure: given.has('secure'),
    };
  });
}

function valuesOf(headers: readonly HeaderPair[], wanted: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}

function nameAndValue(pair: string): { name: string; value: string } {
  const at = pair.indexOf('=');
  return at < 0
    ? { name: pair.trim(), value: '' }
    : { name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() };
}
