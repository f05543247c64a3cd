import { jsonDocument, responseHeaders, type Traffic } from './exchange.js';

/** POSTs to one URL, told apart by their 1 KB of JSON alone. */
export const jsonPosts: Traffic = {
  name: 'post-1k',
  reads: 'text',
  exchange(index) {
    const text = JSON.stringify({ accepted: true, order: index, text: 'x'.repeat(960) });
    const body = Buffer.from(text);
    return {
      index,
      method: 'POST',
      path: '/post-1k',
      requestHeaders: { accept: 'application/json', 'content-type': 'application/json' },
      requestBody: jsonDocument(index, 1024),
      status: 201,
      headers: responseHeaders(index, 'application/json', body.byteLength),
      body,
      text,
      chunks: 1,
    };
  },
  indexOf: (_, body) => (JSON.parse(body) as { order: number }).order,
};
