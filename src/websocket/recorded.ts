import type { Duplex } from 'node:stream';
import type { CoreBroker } from '../core/broker.js';
import { queueMicrotask } from '../core/clock.js';
import type { Recording, RecordingGroup } from '../core/recording.js';
import { wrapMethod } from '../core/wrap-method.js';
import { headMetadata, type ResponseHead } from '../http/response.js';
import { type Compression, compressionOf, Inflater } from './extensions.js';
import { FrameReader } from './frames.js';
import { storedHead } from './handshake.js';
import { type Message, messageMetadata, type Side } from './messages.js';

/** A connection that a server has accepted as a WebSocket. */
export interface Accepted {
  readonly socket: Duplex;
  readonly head: ResponseHead;
  /** The client's key. */
  readonly key: string;
  readonly recording: Recording;
  readonly broker: CoreBroker;
  /** Who is told of what no client tells its program. */
  readonly group: RecordingGroup;
  /** What came together with the head. The program reads it, or puts it back into the connection. */
  readonly early?: Uint8Array;
}

const NOTHING = new Uint8Array();

/** The events before which all that came with the head was read. */
const READ: readonly (string | symbol)[] = ['data', 'end', 'close'];

/** Of a frame, in bytes. */
const LONGEST_HEADER = 14;

/**
 * Records what is said on a WebSocket. The connection is the program's, and stays as it is: it is listened to. The end of
 * it, which is the event `close`, waits until it is saved.
 */
export function recordConnection(accepted: Accepted): void {
  const { head, recording, broker } = accepted;
  const compression = compressionOf(head.headers);
  if (head.statusCode !== 101 || compression === 'unknown') {
    broker.warn(
      `${recording.head.action} ${recording.head.target} was not recorded: its WebSocket is one over HTTP/2, or has ` +
        'extensions besides permessage-deflate.',
    );
    recording.discard();
    return;
  }
  new RecordedConnection(accepted, compression).listen();
}

class RecordedConnection {
  readonly #accepted: Accepted;
  readonly #recording: Recording;
  readonly #readers: Readonly<Record<Side, FrameReader>>;
  readonly #closed = new Set<Side>();
  #early: Uint8Array | undefined;
  #isBroken = false;
  #isEnded = false;
  #isCut = false;

  constructor(accepted: Accepted, compression: Compression | undefined) {
    const { recording } = accepted;
    const reader = (side: Side) => {
      const inflater = compression && new Inflater(compression[side].takeover, recording.maxBodySize);
      return new FrameReader(side, inflater, (message) => this.#said(message));
    };
    this.#accepted = accepted;
    this.#early = accepted.early?.byteLength ? accepted.early : undefined;
    this.#recording = recording;
    this.#readers = { client: reader('client'), server: reader('server') };
  }

  listen(): void {
    const { socket, head, key } = this.#accepted;
    this.#recording.add(NOTHING, headMetadata(storedHead(head, key)), true);
    const methods = socket as unknown as { write: Write; end: Write; unshift: Write; emit: Duplex['emit'] };
    wrapMethod(methods, 'unshift', (unshift) => (...args) => {
      if (args[0] === this.#early) {
        this.#early = undefined;
      }
      return unshift(...args);
    });
    for (const name of ['write', 'end'] as const) {
      wrapMethod(methods, name, (original) => (...args) => {
        this.#hearEarly();
        if (socket.writable) {
          this.#heard('client', bytesOf(args[0], args[1]));
        }
        return original(...args);
      });
    }
    wrapMethod(methods, 'emit', (emit) => (event, ...args) => {
      if (!this.#recording.open) {
        return emit(event, ...args);
      }
      if (READ.includes(event)) {
        this.#hearEarly();
      }
      switch (event) {
        case 'data':
          this.#heard('server', bytesOf(args[0], undefined));
          break;
        case 'end':
          this.#ended();
          break;
        case 'error':
          this.#cut(args[0]);
          break;
        case 'close':
          // What the program throws is to be an uncaught exception, and not a rejection.
          void this.#save().then(() => queueMicrotask(() => emit(event, ...args)));
          return true;
      }
      return emit(event, ...args);
    });
  }

  #hearEarly(): void {
    const early = this.#early;
    this.#early = undefined;
    this.#heard('server', early);
  }

  #heard(side: Side, bytes: Uint8Array | undefined): void {
    if (bytes === undefined || !this.#recording.open) {
      return;
    }
    const reader = this.#readers[side];
    this.#guarded(() => {
      reader.push(bytes);
      if (reader.pending > this.#recording.maxBodySize + LONGEST_HEADER) {
        reader.flush();
      }
    });
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#stop(error as Error);
    }
  }

  /** @throws BodyTooLargeError where that is more than may be recorded. */
  #said(message: Message): void {
    const { from, type } = message;
    if (from === 'client' && type === 'bytes') {
      const { action, target } = this.#recording.head;
      this.#accepted.broker.warn(
        `${action} ${target} was not recorded: what the program sent is not of the WebSocket protocol.`,
      );
      this.#recording.discard();
      return;
    }
    if (from === 'client' && type === 'close') {
      // A client may refuse what has not come to its end yet.
      this.#readers.server.flush();
    }
    if (type === 'close') {
      this.#closed.add(from);
    }
    this.#isBroken ||= type === 'bytes';
    this.#recording.add(message.data, messageMetadata(message));
  }

  /** More came than may be recorded: as a response is, the connection is stopped. */
  #stop(error: Error): void {
    const { socket, broker, group } = this.#accepted;
    broker.warn(error.message);
    group.fail(error);
    socket.destroy(socket.listenerCount('error') > 0 ? error : undefined);
  }

  #ended(): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      if (!this.#isClosed) {
        this.#last({ from: 'server', type: 'end', data: NOTHING });
      }
    }
  }

  #cut(error: unknown): void {
    if (!isAbort(error) && !this.#isEnded && !this.#isClosed && !this.#isCut) {
      this.#isCut = true;
      this.#last({ from: 'server', type: 'cut', data: NOTHING });
    }
  }

  #last(message: Message): void {
    this.#guarded(() => {
      this.#readers.server.flush();
      this.#said(message);
    });
  }

  /** Has each side closed the WebSocket? */
  get #isClosed(): boolean {
    return this.#closed.size === 2;
  }

  /** Never rejects: its scope or installation is told of a save that failed. */
  async #save(): Promise<void> {
    if (!this.#isEnded && !this.#isClosed) {
      this.#guarded(() => this.#readers.server.flush());
    }
    const isWhole = this.#isClosed || this.#isEnded || (this.#isBroken && !this.#isCut);
    await (isWhole ? this.#recording.end() : this.#recording.truncate()).catch(() => {});
  }
}

/** Did the program give up the connection by itself? An undici that is told to abort destroys it with an error of its own. */
function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  return name === 'AbortError' || (typeof code === 'string' && code.startsWith('UND_ERR'));
}

type Write = (chunk?: unknown, encoding?: unknown, callback?: unknown) => unknown;

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array | undefined {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  }
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : undefined;
}
