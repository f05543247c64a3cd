import type { Exchange } from '../traffic/exchange.js';
import type { Answer } from './client.js';

const CHECKED_HEADERS = ['content-type', 'content-length', 'x-index'];

/** What is wrong with an answer; undefined where it is the one that was recorded. */
export function wrongIn(answer: Answer, exchange: Exchange): string | undefined {
  const asked = `${exchange.method} ${exchange.path} (${exchange.index})`;
  if (answer.status !== exchange.status) {
    return `${asked}: status ${answer.status} instead of ${exchange.status}`;
  }
  for (const name of CHECKED_HEADERS) {
    const expected = exchange.headers.find(([key]) => key === name)?.[1];
    if (expected !== undefined && answer.header(name) !== expected) {
      return `${asked}: ${name} is ${answer.header(name)} instead of ${expected}`;
    }
  }
  const { body } = answer;
  if (Array.isArray(body) && body.length !== exchange.chunks) {
    return `${asked}: ${body.length} chunks instead of ${exchange.chunks}`;
  }
  const isRight =
    typeof body === 'string'
      ? body === exchange.body.toString()
      : exchange.body.equals(body instanceof Uint8Array ? body : Buffer.concat(body));
  return isRight ? undefined : `${asked}: the body is another one`;
}
