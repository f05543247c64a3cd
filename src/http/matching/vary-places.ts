import { InvalidOptionError } from '../../core/errors.js';
import type { InteractionRequest } from '../../core/interaction.js';
import { changeBody, readBody } from './body-parts.js';
import { type JsonPath, parsePath, startOf } from './json-path.js';
import { parameters, pathSegments, splitUrl } from './url-parts.js';

/** A place of a request whose value the program invents anew each run. */
export type VaryPlace =
  | { readonly in: 'body'; readonly path: JsonPath }
  /** The name is in lower case. */
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'query'; readonly name: string }
  /** `index` counts the segments of the path from 0. */
  | { readonly in: 'path'; readonly index: number };

/**
 * Parses an entry of the option `vary`: `body:$.email` (a JSON path; a field of a form or a part of a multipart body
 * likewise), `header:idempotency-key`, `query:nonce`, `path:2` (segments count from 0).
 *
 * @param index Its place in the option, for the error.
 * @throws InvalidOptionError where it is no such text.
 */
export function parseVaryPlace(text: string, index = 0): VaryPlace {
  const option = `vary[${index}]`;
  const colon = typeof text === 'string' ? text.indexOf(':') : -1;
  const name = colon === -1 ? '' : text.slice(colon + 1);
  if (name !== '') {
    switch (text.slice(0, colon)) {
      case 'body':
        return { in: 'body', path: parsePath(name, option) };
      case 'header':
        return { in: 'header', name: name.toLowerCase() };
      case 'query':
        return { in: 'query', name };
      case 'path':
        if (/^\d{1,4}$/.test(name)) {
          return { in: 'path', index: Number(name) };
        }
    }
  }
  throw new InvalidOptionError(
    option,
    'it is none of "body:$.email", "header:idempotency-key", "query:nonce" and "path:2".',
  );
}

/**
 * The values at a place of a request, decoded: strings, and numbers as their text. Several where a JSON path has a star,
 * or a header or parameter is repeated; none where the request has no such place.
 */
export function valuesAt(request: InteractionRequest, place: VaryPlace): string[] {
  switch (place.in) {
    case 'body': {
      const found: string[] = [];
      changeBody(readBody(request.body, request.headers), startOf([place.path]), (value) => {
        if (typeof value === 'string' || typeof value === 'number') {
          found.push(String(value));
        }
        return value;
      });
      return found;
    }
    case 'header':
      return request.headers
        .filter(([name]) => name.toLowerCase() === place.name)
        .map(([, value]) => value.trim());
    case 'query':
      return parameters(splitUrl(request.target)?.query ?? '')
        .filter(([name]) => name === place.name)
        .map(([, value]) => value)
        .filter((value) => value !== undefined);
    case 'path': {
      const url = splitUrl(request.target);
      const segment = url && pathSegments(url.path)[place.index];
      return segment === undefined ? [] : [segment];
    }
  }
}
