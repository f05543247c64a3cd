import { jsonDocument, responseHeaders, type Traffic } from './exchange.js';

/** GETs, each of a URL of its own, answered with JSON of this many bytes. */
export function jsonGets(name: string, size: number): Traffic {
  return {
    name,
    reads: 'text',
    exchange(index) {
      const text = jsonDocument(index, size);
      const body = Buffer.from(text);
      return {
        index,
        method: 'GET',
        path: `/${name}/${index}`,
        requestHeaders: { accept: 'application/json' },
        requestBody: undefined,
        status: 200,
        headers: responseHeaders(index, 'application/json', body.byteLength),
        body,
        text,
        chunks: 1,
      };
    },
    indexOf: (path) => Number(path.split('/')[2]),
  };
}
