import { canonicalJson } from './json-canonical.js';
import type { BodyParts, JsonValue, Parameter, RequestParts } from './request-parts.js';
import { withWildcards } from './wildcard.js';

/**
 * A canonical text of what counts of a request. Different parts give different texts, but for placeholders of redacted
 * values, which are wildcards everywhere but in headers.
 */
export function matchKey(parts: RequestParts): string {
  const { protocol, method, url, origin, path, query, headers, body, custom } = parts;
  const place: JsonValue = [
    method ?? null,
    url ?? null,
    origin ?? null,
    path ?? null,
    query.length === 0 ? null : plain(query),
  ];
  const more = custom === undefined ? '' : withWildcards(custom);
  const connection = protocol === undefined ? '' : `${protocol} `;
  return `${connection}${withWildcards(place)}${JSON.stringify(headers)}${bodyKey(body)}${more}`;
}

function bodyKey(body: BodyParts): string {
  switch (body.kind) {
    case 'none':
      return 'null';
    case 'bytes': {
      const { buffer, byteOffset, byteLength } = body.bytes;
      return `["bytes","${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}"]`;
    }
    case 'text':
    case 'custom':
      return withWildcards([body.kind, body.text]);
    case 'json':
      return `["json",${withWildcards(body.value, canonicalJson(body.value))}]`;
    case 'form':
      return withWildcards(['form', plain(body.fields)]);
    case 'multipart': {
      const parts = body.parts.map((part) => `[${withWildcards(part.headers)},${bodyKey(part.body)}]`);
      return `["multipart",${parts.join(',')}]`;
    }
  }
}

function plain(parameters: readonly Parameter[]): JsonValue {
  return parameters.map(([name, value]) => [name, value ?? null]);
}
