import type { ResponseChunk } from '../core/interaction.js';
import { isSamePairs } from '../core/pairs.js';
import {
  isMessageType,
  isSide,
  type Message,
  messageMetadata,
  messageOf,
  type Side,
} from '../websocket/messages.js';
import { base64Form, readBody } from './body-form.js';
import { exactText } from './charset.js';
import { type JsonForm, jsonForm } from './json-form.js';
import { isRecord } from './shapes.js';
import { type TextForm, textForm } from './text-form.js';

type DataForm = JsonForm | TextForm | { readonly base64: string };

/**
 * What a message says. Without a `type` it is a text where it has `json` or `text`, and binary where it has `base64`. What
 * has a `type` and says nothing has none of them.
 */
export type SaidJson = { readonly type?: string; readonly code?: number } & Partial<DataForm>;

/** A message of a WebSocket as it stands in a cassette, on one line where it is short: who says it, and what. */
export type MessageJson = { readonly [side in Side]?: SaidJson };

/** The messages of a connection; undefined where the chunks are not such. */
export function messagesJson(chunks: readonly Required<ResponseChunk>[]): readonly MessageJson[] | undefined {
  const [head, ...rest] = chunks;
  if (head === undefined || head.data.byteLength > 0 || rest.length === 0) {
    return undefined;
  }
  const messages = rest.map((chunk) => {
    const message = messageOf(chunk);
    return message !== undefined && isSamePairs(messageMetadata(message), chunk.metadata)
      ? message
      : undefined;
  });
  return messages.every((message) => message !== undefined) ? messages.map(messageJson) : undefined;
}

function messageJson({ from, type, data, code }: Message): MessageJson {
  const form = dataForm(type, data);
  const isPlain = (type === 'text' && !('base64' in form)) || type === 'binary';
  const isBare = data.byteLength === 0 && type !== 'text' && type !== 'binary';
  return { [from]: { ...(!isPlain && { type }), ...(code !== undefined && { code }), ...(!isBare && form) } };
}

function dataForm(type: string, data: Uint8Array): DataForm {
  const text = type === 'binary' || type === 'bytes' ? undefined : exactText(data, 'utf-8');
  if (text === undefined) {
    return base64Form(data);
  }
  return (type === 'text' ? jsonForm(text) : undefined) ?? textForm(text, 'utf-8');
}

/**
 * The chunks of messages that stand in a cassette, after the one that holds the head.
 *
 * @throws TypeError for what is not a list of messages.
 */
export function readMessagesJson(messages: unknown): Omit<Required<ResponseChunk>, 'sequence'>[] {
  if (!Array.isArray(messages)) {
    throw new TypeError('"messages" is not a list');
  }
  return messages.map((json: unknown, index) => {
    const message = readMessage(json, `"messages"[${index}]`);
    return { data: message.data, metadata: messageMetadata(message) };
  });
}

function readMessage(json: unknown, name: string): Message {
  const [from, ...others] = isRecord(json) ? Object.keys(json) : [];
  const said = isSide(from) && others.length === 0 ? (json as Record<Side, unknown>)[from] : undefined;
  if (!isSide(from) || !isRecord(said)) {
    throw new TypeError(`${name} is not an object with one member, "client" or "server", that is an object`);
  }
  const { type: named, code, ...form } = said;
  const type = named === undefined ? ('base64' in form ? 'binary' : 'text') : named;
  if (!isMessageType(type)) {
    throw new TypeError(`unknown "type" ${JSON.stringify(type)} of ${name}`);
  }
  const isCode = Number.isInteger(code) && (code as number) >= 0 && (code as number) <= 0xffff;
  if (code !== undefined && (type !== 'close' || !isCode)) {
    throw new TypeError(`"code" of ${name} is not that of a close`);
  }
  const isBare = named !== undefined && Object.keys(form).length === 0;
  const data = isBare ? new Uint8Array() : readBody(form)();
  return { from, type, data, ...(code !== undefined && { code: code as number }) };
}
