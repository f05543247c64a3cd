import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { RequestNotBrokeredError, UpgradeNotRecordedError } from '../../core/errors.js';
import type { RequestHead } from '../../core/recording.js';
import type { Route, Router } from '../../core/route.js';
import { WEBSOCKET } from '../../http/websocket-protocol.js';
import { isForwarding } from './forwarded.js';
import type { HeldSlots } from './global-slots.js';
import { meetRealmOf } from './realms.js';

/** Every copy of undici tells here of each request that it is about to send. */
const CHANNEL = 'undici:request:create';

const UNKNOWN_COPY =
  'It comes from a copy of undici that could not be hooked: one that is bundled into another file, or the built-in one ' +
  'with a dispatcher of its own.';
const REPLACED =
  ' The program has set a global dispatcher of such a copy; what goes through that from here on is brokered.';
const BRING_IN =
  ' Let the program import undici as a package, compose that dispatcher with interpose(), or name the request in ' +
  '"passthrough". The option "guard" says what happens to such requests.';

/** undici's own request: in one protocol it fails by `onError`, in the other by `onResponseError`. */
interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly origin?: unknown;
  readonly upgrade?: unknown;
  onError?(error: Error): void;
  onResponseError?(error: Error): void;
}

/**
 * Watches every request of any undici. One that went past every Broker is warned of, or stopped: its handler gets the
 * error, and undici drops it where it would be sent. Gives the undo.
 */
export function watchRequests(slots: HeldSlots, router: Router, warn: (message: string) => void): () => void {
  const warned = new Set<string>();
  // The hosts of requests that were let go: a proxy agent makes its tunnels to these.
  const reached = new Set<string>();

  const watch = (request: UndiciRequest) => {
    meetRealmOf(request);
    const wasReplaced = slots.reclaim();
    const route = router();
    const head = headOf(request);
    const isTunnel = request.method === 'CONNECT' && reached.has(request.path);
    if (route === undefined || isTunnel || isForwarding(route.broker) || route.passes(head)) {
      reached.add(authorityOf(head));
      return;
    }
    if (route.guard === 'off') {
      reached.add(authorityOf(head));
      route.broker.tellNotBrokered(head);
      return;
    }
    if (route.guard === 'error') {
      stop(request, errorFor(route, head, request, wasReplaced));
      return;
    }
    route.broker.tellNotBrokered(head);
    const about = `${head.action} ${authorityOf(head)}`;
    if (!warned.has(about)) {
      warned.add(about);
      warn(`${nameOf(route, head)} was not brokered. ${reasonOf(wasReplaced)}`);
    }
  };
  const onCreate = (message: unknown) => {
    const { request } = message as { request: UndiciRequest };
    try {
      watch(request);
    } catch (error) {
      // A rule of the program's threw. Thrown on from here, it would be an uncaught exception.
      stop(request, error as Error);
    }
  };
  subscribe(CHANNEL, onCreate);
  return () => unsubscribe(CHANNEL, onCreate);
}

function headOf({ method: action, origin, path }: UndiciRequest): RequestHead {
  const isAbsolute = /^https?:\/\//i.test(path);
  const base = action === 'CONNECT' ? 'http://' : String(origin ?? '');
  return { protocol: 'http', action, target: isAbsolute ? path : base + path, headers: [] };
}

/** Host and port, as a CONNECT names them. */
function authorityOf({ target }: RequestHead): string {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  return url === undefined ? '' : `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
}

function errorFor(route: Route, head: RequestHead, { upgrade }: UndiciRequest, wasReplaced: boolean): Error {
  if (route.refusal !== undefined) {
    return route.refusal(head);
  }
  if (head.action === 'CONNECT' || (upgrade && upgrade !== WEBSOCKET)) {
    return new UpgradeNotRecordedError(head.action, route.broker.text(head.target));
  }
  return new RequestNotBrokeredError(nameOf(route, head), reasonOf(wasReplaced));
}

function nameOf({ broker }: Route, { action, target }: RequestHead): string {
  return `${action} ${broker.text(target)}`;
}

function reasonOf(wasReplaced: boolean): string {
  return UNKNOWN_COPY + (wasReplaced ? REPLACED : '') + BRING_IN;
}

/** Ends a request before it is sent. */
function stop(request: UndiciRequest, error: Error): void {
  try {
    (request.onResponseError ?? request.onError)?.call(request, error);
  } catch {
    // An error in the handler of errors: nobody is left to be told.
  }
}
