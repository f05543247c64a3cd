import { type Exchange, responseHeaders, type Traffic } from './exchange.js';

const SIZE = 160 * 65_536;

let bytes: Buffer | undefined;

/** Bytes that are no text, and that nothing compresses. */
function noise(): Buffer {
  if (bytes === undefined) {
    bytes = Buffer.allocUnsafe(SIZE);
    let state = 0x9e3779b9;
    for (let at = 0; at < SIZE; at += 4) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes.writeInt32LE(state | 0, at);
    }
  }
  return bytes;
}

function download(name: string, index: number, chunks: number): Exchange {
  return {
    index,
    method: 'GET',
    path: `/${name}/${index}`,
    requestHeaders: {},
    requestBody: undefined,
    status: 200,
    headers: responseHeaders(index, 'application/octet-stream', chunks === 1 ? SIZE : undefined),
    body: noise(),
    chunks,
  };
}

/** Downloads of 10 MB that say how long they are. */
export const wholeDownloads: Traffic = {
  name: 'binary-10m',
  reads: 'bytes',
  exchange: (index) => download('binary-10m', index, 1),
  indexOf: (path) => Number(path.split('/')[2]),
};

/** The same in 160 chunks. */
export const chunkedDownloads: Traffic = {
  name: 'chunks-10m',
  reads: 'chunks',
  exchange: (index) => download('chunks-10m', index, 160),
  indexOf: (path) => Number(path.split('/')[2]),
};
