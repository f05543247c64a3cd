import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { PLACEHOLDER } from '../../src/http/redaction/placeholder.js';
import { decodeChunks } from './content-decoder.js';
import type { Client, Seen } from './corpus-clients.js';

/** How two responses are compared. */
export interface Comparing {
  readonly client: Client;
  /** The codings of the body, where it may be compressed in another way. */
  readonly codings: readonly string[];
  /** Are the boundaries of the chunks those that the server made? */
  readonly paced: boolean;
  readonly secrets: readonly string[];
}

/** What of a response is the same, live and replayed. */
export async function comparable(seen: Seen, comparing: Comparing): Promise<unknown> {
  const { codings, paced, secrets } = comparing;
  const hide = (text: string) =>
    secrets.length === 0
      ? text
      : secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text).replace(PLACEHOLDER, '***');
  const chunks = await bodyChunks(seen, comparing);
  const shown = paced ? chunks.filter(({ byteLength }) => byteLength > 0) : [Buffer.concat(chunks)];
  const freeLength = codings.length > 0 || secrets.length > 0;
  const headers = seen.headers
    .filter(([name]) => name.toLowerCase() !== 'date')
    .map(([name, value]) => [
      name,
      freeLength && name.toLowerCase() === 'content-length' ? 'its length' : hide(value),
    ]);
  return {
    ...seen,
    headers,
    chunks: shown.map((chunk) => readable(hide(Buffer.from(chunk).toString('latin1')))),
  };
}

/** The body's chunks without the codings that its client leaves on. */
export function bodyChunks(
  { chunks }: Seen,
  { client, codings }: Pick<Comparing, 'client' | 'codings'>,
): Promise<readonly Uint8Array[]> {
  return decodeChunks(chunks, codings.every((coding) => client.decodes.includes(coding)) ? [] : codings);
}

/** Long texts by their digest: a failure prints what it compares. */
function readable(text: string): string {
  return text.length <= 500
    ? text
    : `${text.length} bytes, SHA-256 ${createHash('sha256').update(text, 'latin1').digest('hex')}`;
}

/** A `content-length` is that of the bytes that follow it. */
export function assertLengthFits({ headers, chunks }: Seen, client: Client, method = 'GET'): void {
  const [, length] = headers.find(([name]) => name.toLowerCase() === 'content-length') ?? [];
  if (client.decodes.length === 0 && length !== undefined && method !== 'HEAD') {
    assert.is(Number(length), Buffer.concat(chunks).byteLength, 'content-length');
  }
}
