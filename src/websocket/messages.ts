import { InteractionValidationError } from '../core/errors.js';
import type { ResponseChunk } from '../core/interaction.js';
import { type MetadataPair, metadataValue } from '../core/metadata.js';

/** Who says it. */
export type Side = 'client' | 'server';

const SIDES: readonly string[] = ['client', 'server'] satisfies Side[];

/**
 * `bytes` are those that no message could be read from, as they came. `end`: the server closed its connection; `cut`:
 * the connection broke.
 */
export type MessageType = 'text' | 'binary' | 'ping' | 'pong' | 'close' | 'bytes' | 'end' | 'cut';

const TYPES: readonly string[] = [
  'text',
  'binary',
  'ping',
  'pong',
  'close',
  'bytes',
  'end',
  'cut',
] satisfies MessageType[];

/** What one side told the other: a message, put together from its frames and decompressed, or a control frame. */
export interface Message {
  readonly from: Side;
  readonly type: MessageType;
  /** Of a `close`: its reason. */
  readonly data: Uint8Array;
  /** Of a `close` that has one (RFC 6455, 7.1.5). */
  readonly code?: number | undefined;
}

/** Both sides of a connection stand in one list of chunks, in the order in which the program saw them. */
export function messageMetadata({ from, type, code }: Message): MetadataPair[] {
  return [['from', from], ['type', type], ...(code === undefined ? [] : [['code', String(code)] as const])];
}

/** The message of a chunk; undefined for a chunk that is none. */
export function messageOf({ data, metadata = [] }: ResponseChunk): Message | undefined {
  const from = metadataValue(metadata, 'from');
  const type = metadataValue(metadata, 'type');
  const code = metadataValue(metadata, 'code');
  return isSide(from) && isMessageType(type) && (code === undefined || (type === 'close' && isCode(code)))
    ? { from, type, data, ...(code !== undefined && { code: Number(code) }) }
    : undefined;
}

/**
 * What was said on a recorded connection, after its handshake.
 *
 * @throws InteractionValidationError for a chunk that is no message.
 */
export function messagesOf(chunks: readonly ResponseChunk[]): Message[] {
  return chunks.slice(1).map((chunk) => {
    const message = messageOf(chunk);
    if (message === undefined) {
      throw new InteractionValidationError(
        `responseChunks[${chunk.sequence}].metadata`,
        `is not that of a message: it has a "from" (client, server) and a "type" (${TYPES.join(', ')}).`,
      );
    }
    return message;
  });
}

export function isSide(value: unknown): value is Side {
  return typeof value === 'string' && SIDES.includes(value);
}

export function isMessageType(value: unknown): value is MessageType {
  return typeof value === 'string' && TYPES.includes(value);
}

/** Is it a status code of a close as it goes over the wire: 16 bits? */
function isCode(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 0xffff;
}
