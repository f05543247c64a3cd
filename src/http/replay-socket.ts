import { Socket } from 'node:net';
import { setImmediate } from '../core/clock.js';

type Written = string | Uint8Array;

interface SocketInternals {
  /** Something has passed: a timeout counts from here. */
  _unrefTimer(): void;
}

/** What a TLS connection says of itself. A replay knows neither certificates nor ciphers. */
const SECURE = {
  encrypted: true,
  authorized: true,
  authorizationError: null,
  alpnProtocol: false,
  getCipher: () => ({}),
  getPeerCertificate: () => ({}),
  getProtocol: () => null,
  getSession: () => undefined,
  isSessionReused: () => false,
};

/**
 * A connection to nobody: what a request writes into it is gone, and what it reads is what it is given here. It connects
 * in the next turn of the event loop, as no connection does sooner.
 */
export class ReplaySocket extends Socket {
  override connecting = true;
  /** Gets what is written, where somebody is there after all. */
  receiver: ((bytes: Uint8Array) => void) | undefined;
  #isReachable = true;
  #isFull = false;
  #writers: (() => void)[] = [];
  #connected: () => void = () => {};
  #wanted: () => void = () => {};
  #destroyed: () => void = () => {};

  constructor(isSecure: boolean) {
    super();
    if (isSecure) {
      Object.assign(this, SECURE);
    }
    setImmediate(() => {
      if (this.#isReachable && !this.destroyed) {
        this.#connect(isSecure);
      }
    });
  }

  /** It is not going to connect: its error is on its way. */
  staysUnconnected(): void {
    this.#isReachable = false;
  }

  /** Calls back in a later turn of the event loop. */
  whenConnected(callback: () => void): void {
    if (this.connecting) {
      this.#connected = callback;
    } else {
      setImmediate(callback);
    }
  }

  /** Calls back as the program destroys it, before anything else is told of that. */
  whenDestroyed(callback: () => void): void {
    this.#destroyed = callback;
  }

  /** Gives bytes to the reader. */
  give(bytes: Uint8Array): void {
    this.#touch();
    this.#isFull = !this.push(bytes);
  }

  /** Calls back when the reader wants more: at once, or later. */
  whenWanted(callback: () => void): void {
    if (this.#isFull) {
      this.#wanted = callback;
    } else {
      callback();
    }
  }

  override _read(): void {
    this.#isFull = false;
    const wanted = this.#wanted;
    this.#wanted = () => {};
    wanted();
  }

  override _write(chunk: Written, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this._writev([{ chunk, encoding }], done);
  }

  override _writev(
    chunks: readonly { readonly chunk: Written; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    for (const { chunk, encoding } of chunks) {
      this.receiver?.(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    }
    this.#take(done);
  }

  /** Takes a turn of the event loop, as every shutdown of a connection does. */
  override _final(done: (error?: Error | null) => void): void {
    setImmediate(() => done());
  }

  /** Takes a turn of the event loop as well, before it says so. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connecting = false;
    this.setTimeout(0);
    this.#destroyed();
    done(error);
    setImmediate(() => this.emit('close', error !== null));
  }

  #connect(isSecure: boolean): void {
    this.connecting = false;
    this.emit('connect');
    this.emit('ready');
    if (isSecure) {
      this.emit('secureConnect');
    }
    for (const done of this.#writers.splice(0)) {
      done();
    }
    this.#connected();
  }

  #take(done: () => void): void {
    this.#touch();
    if (this.connecting) {
      this.#writers.push(done);
    } else {
      done();
    }
  }

  #touch(): void {
    (this as unknown as SocketInternals)._unrefTimer();
  }
}
