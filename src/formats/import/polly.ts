import type { HeaderPair } from '../../core/interaction.js';
import { isEncoded } from '../../http/coding/content-coding.js';
import { isRecord } from '../shapes.js';
import { base64Bytes, Fields } from './fields.js';
import { type Format, leftOut } from './format.js';
import { archiveEntries, type Content, contentBytes, isArchive, readEntry } from './har.js';

/** Recordings of Polly.JS, as its persisters write them: an archive with bodies of its own kind. */
export const polly: Format = {
  recognises: (file) => isArchive(file) && creatorOf(file) === 'Polly.JS',
  entries: archiveEntries,
  read: (value) => {
    const entry = new Fields(value, 'it');
    const content = entry.fields('response').optionalFields('content');
    if (content?.get('_isBinary') === true) {
      return leftOut(
        'its body is written as by Polly 5 and older: open it with Polly 6 once, and import it again',
      );
    }
    return { ...readEntry(value, contentOf), order: entry.optionalNumber('_order') ?? 0 };
  },
};

function creatorOf(file: unknown): unknown {
  const log = isRecord(file) ? file['log'] : undefined;
  const creator = isRecord(log) ? log['creator'] : undefined;
  return isRecord(creator) ? creator['name'] : undefined;
}

/** Polly leaves an empty body out. Its adapter for `node:http` keeps an encoded one as a list of chunks, in JSON. */
function contentOf(response: Fields, given: readonly HeaderPair[]): Content {
  const content = response.optionalFields('content');
  const text = content?.optionalText('text') ?? '';
  const encoding = content?.optionalText('encoding');
  if (encoding === 'base64' && isEncoded(given) && text.startsWith('[')) {
    return { bytes: chunkBytes(text), isWire: true, headers: given, lost: [] };
  }
  return text === ''
    ? { bytes: new Uint8Array(), isWire: true, headers: given, lost: [] }
    : contentBytes(text, encoding, given);
}

function chunkBytes(text: string): Uint8Array {
  const path = 'its response.content.text';
  const chunks: unknown = JSON.parse(text);
  if (!Array.isArray(chunks)) {
    throw new TypeError(`${path} is not a list of chunks.`);
  }
  return new Uint8Array(
    Buffer.concat(
      chunks.map((chunk: unknown) => {
        if (typeof chunk !== 'string') {
          throw new TypeError(`${path} is not a list of chunks.`);
        }
        return base64Bytes(chunk, path);
      }),
    ),
  );
}
