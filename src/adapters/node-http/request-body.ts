import { setImmediate } from '../../core/clock.js';
import { wrapMethod } from '../../core/wrap-method.js';
import { headerLines } from './headers.js';
import type { OutgoingRequest } from './protocol.js';

type Write = (chunk?: unknown, encoding?: unknown, callback?: unknown) => boolean;
type End = (chunk?: unknown, encoding?: unknown, callback?: unknown) => OutgoingRequest;

/**
 * Listens to what a program writes.
 *
 * @param known Called once, when the body is whole: it is ended, or has been as long as its `content-length` says for a
 * turn of the event loop. Then a server answers, too, and there are programs that never end it; most do so at once, and
 * get no answer before that.
 * @returns To be called when a server answers: a body that is as long as it says is whole then, in the very turn in which
 * it was written.
 */
export function tapBody(request: OutgoingRequest, known: (bytes: Uint8Array) => void): () => void {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let isKnown = false;
  let depth = 0;
  // A class of the program's own may write from within its `end`.
  const outermost = <T>(call: () => T, taken: () => void): T => {
    const isOpen = depth === 0 && !request.writableEnded && !request.destroyed;
    depth++;
    try {
      return call();
    } finally {
      depth--;
      if (isOpen) {
        taken();
      }
    }
  };
  const take = (chunk: unknown, encoding: unknown) => {
    const bytes = bytesOf(chunk, encoding);
    if (bytes !== undefined) {
      pieces.push(bytes);
      size += bytes.byteLength;
    }
  };
  const whole = () => {
    if (!isKnown) {
      isKnown = true;
      known(pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces));
    }
  };
  const isLongEnough = () => size > 0 && size === declaredLength(request);
  const methods = request as unknown as { write: Write; end: End };
  wrapMethod(methods, 'write', (write) => (...args) => {
    let isWritten = false;
    return outermost(
      () => {
        const result = write(...args);
        isWritten = true;
        return result;
      },
      () => {
        if (isWritten) {
          take(args[0], args[1]);
          if (isLongEnough()) {
            setImmediate(() => request.destroyed || whole());
          }
        }
      },
    );
  });
  wrapMethod(methods, 'end', (end) => (...args) => {
    return outermost(
      () => end(...args),
      () => {
        if (request.writableEnded) {
          take(args[0], args[1]);
          whole();
        }
      },
    );
  });
  return () => {
    if (isLongEnough()) {
      whole();
    }
  };
}

/** What the head, which is made by now, says of the body's length. */
function declaredLength({ _header }: OutgoingRequest): number | undefined {
  const length = headerLines(_header ?? '').find(([name]) => name.toLowerCase() === 'content-length');
  return length && Number(length[1]);
}

/** A copy: the program may use its buffer again. */
function bytesOf(chunk: unknown, encoding: unknown): Uint8Array | undefined {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  }
  return ArrayBuffer.isView(chunk)
    ? Buffer.from(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    : undefined;
}
