import type { ClientHttp2Session } from 'node:http2';
import { syncBuiltinESMExports } from 'node:module';
import { hostProcess } from '../../core/host-realm.js';

type Connect = (authority: unknown, ...others: unknown[]) => ClientHttp2Session;

/**
 * Says that a session of node:http2 goes out unrecorded: this library does not record it, and must not be silent about
 * it. gRPC is made of such sessions; undici's own are not meant. Gives the undo.
 *
 * @param concerns Would a request to this origin have been brokered?
 */
export function watchNodeHttp2(
  concerns: (origin: string) => boolean,
  warn: (message: string) => void,
): () => void {
  // Not imported: it is loaded with the built-in undici, and no sooner than that.
  const http2 = hostProcess.getBuiltinModule('node:http2') as unknown as { connect: Connect };
  const { connect } = http2;
  const watched: Connect = function watchedConnect(this: unknown, authority, ...others) {
    const session = Reflect.apply(connect, this, [authority, ...others]) as ClientHttp2Session;
    if (concerns(String(authority))) {
      // undici marks its session as soon as it has it.
      queueMicrotask(() => {
        if (!isOfUndici(session)) {
          warn(
            'requests made through node:http2 (gRPC, for instance) are neither recorded nor replayed; they go live.',
          );
        }
      });
    }
    return session;
  };
  Object.defineProperty(watched, 'name', { value: connect.name });
  http2.connect = watched;
  syncBuiltinESMExports();
  return () => {
    if (http2.connect === watched) {
      http2.connect = connect;
      syncBuiltinESMExports();
    }
  };
}

function isOfUndici(session: ClientHttp2Session): boolean {
  return Object.getOwnPropertySymbols(session).some(({ description }) => description === 'open streams');
}
