import type { Exchange } from '../traffic/exchange.js';
import { type Answer, READ_HEADERS } from './client.js';

/** What is wrong with an answer; undefined where it is the one that was recorded. */
export function wrongIn(answer: Answer, exchange: Exchange): string | undefined {
  const asked = `${exchange.method} ${exchange.path} (${exchange.index})`;
  if (answer.status !== exchange.status) {
    return `${asked}: status ${answer.status} instead of ${exchange.status}`;
  }
  for (const [at, name] of READ_HEADERS.entries()) {
    const expected = exchange.headers.find(([key]) => key === name)?.[1];
    if (expected !== undefined && answer.headers[at] !== expected) {
      return `${asked}: ${name} is ${answer.headers[at]} instead of ${expected}`;
    }
  }
  const { body } = answer;
  if (Array.isArray(body) && body.length !== exchange.chunks) {
    return `${asked}: ${body.length} chunks instead of ${exchange.chunks}`;
  }
  const isRight =
    typeof body === 'string'
      ? body === exchange.text
      : exchange.body.equals(body instanceof Uint8Array ? body : Buffer.concat(body));
  return isRight ? undefined : `${asked}: the body is another one`;
}
