import type { Inflater } from './extensions.js';
import type { Message, Side } from './messages.js';

// Frames of RFC 6455, 5.2.

const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const CONTINUATION = 0;
const NOTHING: Buffer = Buffer.alloc(0);

/** A frame that no client takes: of an opcode that is reserved. */
export const INVALID_FRAME: Uint8Array = Uint8Array.of(0x83, 0x00);

/** A message of the server as one frame; the very bytes of `bytes`. */
export function serverFrame({ type, data, code }: Omit<Message, 'from'>): Uint8Array {
  if (type === 'bytes' || type === 'end' || type === 'cut') {
    return data;
  }
  const payload = code === undefined ? data : Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), data]);
  return Buffer.concat([header(OPCODES[type], payload.byteLength), payload]);
}

function header(opcode: number, length: number): Uint8Array {
  const first = 0x80 | opcode;
  if (length < 126) {
    return Uint8Array.of(first, length);
  }
  const isShort = length <= 0xffff;
  const bytes = Buffer.alloc(isShort ? 4 : 10);
  bytes.set([first, isShort ? 126 : 127]);
  if (isShort) {
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  return bytes;
}

interface Frame {
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  /** As it came, where it may be needed once more. */
  readonly bytes: Buffer;
}

interface Head {
  readonly size: number;
  readonly length: number;
  readonly isMasked: boolean;
}

/**
 * Reads the messages of one side from the bytes of its connection. From the first frame on that is not well formed, what
 * comes is passed on as `bytes`.
 */
export class FrameReader {
  readonly #from: Side;
  readonly #inflater: Inflater | undefined;
  readonly #tell: (message: Message) => void;
  #chunks: Buffer[] = [];
  #length = 0;
  /** So many bytes have to be there before it is worth a look. */
  #needed = 2;
  /** The frames of a message that is not whole yet. */
  #fragments: Frame[] = [];
  #isBroken = false;

  /** @param inflater Where messages may be compressed. */
  constructor(from: Side, inflater: Inflater | undefined, tell: (message: Message) => void) {
    this.#from = from;
    this.#inflater = inflater;
    this.#tell = tell;
  }

  /** How many bytes wait for the rest of their message. */
  get pending(): number {
    return this.#length + this.#fragments.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  }

  /** The bytes may be changed when this has returned. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#length += chunk.byteLength;
    while (!this.#isBroken && this.#length >= this.#needed && this.#readFrame()) {
      this.#needed = 2;
    }
    if (this.#isBroken) {
      this.flush();
    } else {
      const last = this.#chunks.pop();
      if (last !== undefined) {
        this.#chunks.push(Buffer.from(last));
      }
    }
  }

  /** Tells of what has come so far, also where it is only the beginning of a message; what comes then is `bytes`. */
  flush(): void {
    const pending = [...this.#fragments.map(({ bytes }) => bytes), ...this.#chunks];
    this.#isBroken ||= pending.length > 0;
    this.#fragments = [];
    this.#chunks = [];
    this.#length = 0;
    if (pending.length > 0) {
      this.#tell({ from: this.#from, type: 'bytes', data: Buffer.concat(pending) });
    }
  }

  /** False where more bytes have to come. */
  #readFrame(): boolean {
    const head = this.#readHead();
    if (head === undefined) {
      return false;
    }
    const { size, length, isMasked } = head;
    if (this.#length < size + length) {
      this.#needed = size + length;
      return false;
    }
    const bytes = this.#take(size + length);
    const payload = Buffer.from(bytes.subarray(size));
    if (isMasked) {
      unmask(payload, bytes.subarray(size - 4, size));
    }
    const first = bytes[0] as number;
    const isFinal = (first & 0x80) !== 0;
    const isCompressed = (first & 0x40) !== 0;
    const isNeeded = !isFinal || isCompressed;
    const opcode = first & 0x0f;
    this.#frame({ isFinal, isCompressed, opcode, payload, bytes: isNeeded ? Buffer.from(bytes) : NOTHING });
    return !this.#isBroken;
  }

  #readHead(): Head | undefined {
    const [first, second] = this.#peek(2) as unknown as readonly [number, number];
    const isMasked = (second & 0x80) !== 0;
    const short = second & 0x7f;
    const size = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (isMasked ? 4 : 0);
    if (!this.#mayCome(first, isMasked, short)) {
      this.#isBroken = true;
      return undefined;
    }
    if (this.#length < size) {
      this.#needed = size;
      return undefined;
    }
    const bytes = this.#peek(size);
    const length =
      short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (!Number.isSafeInteger(length)) {
      this.#isBroken = true;
      return undefined;
    }
    return { size, length, isMasked };
  }

  #mayCome(first: number, isMasked: boolean, length: number): boolean {
    const isFinal = (first & 0x80) !== 0;
    const isCompressed = (first & 0x40) !== 0;
    const opcode = first & 0x0f;
    const isControl = opcode >= 8;
    const isContinuation = opcode === CONTINUATION;
    return (
      (first & 0x30) === 0 &&
      isMasked === (this.#from === 'client') &&
      (opcode <= 2 || (opcode >= 8 && opcode <= 10)) &&
      (!isControl || (isFinal && length <= 125 && !(opcode === OPCODES.close && length === 1))) &&
      (!isCompressed || (this.#inflater !== undefined && !isControl && !isContinuation)) &&
      (isControl || isContinuation === this.#fragments.length > 0)
    );
  }

  #frame(frame: Frame): void {
    if (frame.opcode >= 8) {
      this.#control(frame);
      return;
    }
    this.#fragments.push(frame);
    if (!frame.isFinal) {
      return;
    }
    const [{ opcode, isCompressed }] = this.#fragments as [Frame];
    const data = Buffer.concat(this.#fragments.map(({ payload }) => payload));
    let plain: Uint8Array = data;
    if (isCompressed) {
      try {
        plain = (this.#inflater as Inflater).inflate(data);
      } catch {
        this.#isBroken = true;
        return;
      }
    }
    this.#fragments = [];
    this.#tell({ from: this.#from, type: opcode === OPCODES.text ? 'text' : 'binary', data: plain });
  }

  #control({ opcode, payload }: Frame): void {
    const from = this.#from;
    if (opcode !== OPCODES.close) {
      this.#tell({ from, type: opcode === OPCODES.ping ? 'ping' : 'pong', data: payload });
    } else if (payload.byteLength < 2) {
      this.#tell({ from, type: 'close', data: NOTHING });
    } else {
      this.#tell({ from, type: 'close', data: payload.subarray(2), code: payload.readUInt16BE(0) });
    }
  }

  /** The first bytes; they stay. */
  #peek(size: number): Buffer {
    const [first] = this.#chunks as [Buffer];
    if (first.byteLength < size) {
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
    return (this.#chunks[0] as Buffer).subarray(0, size);
  }

  #take(size: number): Buffer {
    const [first = NOTHING] = this.#chunks;
    const whole = first.byteLength >= size ? first : Buffer.concat(this.#chunks);
    const rest = whole.subarray(size);
    this.#chunks = [
      ...(rest.byteLength > 0 ? [rest] : []),
      ...(whole === first ? this.#chunks.slice(1) : []),
    ];
    this.#length -= size;
    return whole.subarray(0, size);
  }
}

function unmask(payload: Buffer, mask: Uint8Array): void {
  for (let index = 0; index < payload.byteLength; index++) {
    payload[index] = (payload[index] as number) ^ (mask[index & 3] as number);
  }
}
