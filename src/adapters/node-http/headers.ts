import type { IncomingMessage } from 'node:http';
import type { HeaderPair } from '../../core/interaction.js';
import type { ResponseHead } from '../../http/response.js';

/** The head of a response, or of an informational one. */
export function headOf(
  message: Pick<IncomingMessage, 'statusCode' | 'statusMessage' | 'rawHeaders' | 'httpVersion'>,
): ResponseHead {
  const { statusCode = 0, statusMessage = '', rawHeaders, httpVersion } = message;
  return { statusCode, statusText: statusMessage, headers: headerPairs(rawHeaders), httpVersion };
}

/** The pairs of node's raw headers: names and values in turn, one character a byte. */
export function headerPairs(raw: readonly string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    pairs.push([raw[index] as string, raw[index + 1] as string]);
  }
  return pairs;
}

/** The pairs of a message's head as it is sent. */
export function headerLines(head: string): HeaderPair[] {
  return head
    .split('\r\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line): HeaderPair => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
}
