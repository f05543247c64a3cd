import { type Answer, type Ask, READ_HEADERS } from './client.js';

export const askWithFetch: Ask = async (url, { method, requestHeaders, requestBody }, reads) => {
  const response = await fetch(url, { method, headers: requestHeaders, body: requestBody ?? null });
  const headers = READ_HEADERS.map((name) => response.headers.get(name) ?? '');
  let body: Answer['body'];
  if (reads === 'text') {
    body = await response.text();
  } else if (reads === 'bytes') {
    body = new Uint8Array(await response.arrayBuffer());
  } else {
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
    }
    body = chunks;
  }
  return { status: response.status, headers, body };
};
