import type { InteractionRequest } from '../../core/interaction.js';
import type { Recording, RequestHead } from '../../core/recording.js';
import type { Route } from '../../core/route.js';
import { webSocketKey } from '../../http/websocket-protocol.js';
import type { Handshake } from '../../websocket/handshake.js';
import { recordConnection } from '../../websocket/recorded.js';
import type { Exchange } from './exchange.js';
import { asRecorded } from './forwarded.js';
import { requestHeaderPairs } from './headers.js';
import { isFetchHandler } from './known-handlers.js';
import { LiveSource } from './live.js';
import { isGivenUp } from './program.js';
import type { Dispatch, DispatchOptions, Handler } from './protocol.js';
import { type ReadBody, sentHeaders } from './request-body.js';
import { upstreamHandler } from './upstream-handler.js';

// Enumerable and registered: it survives the copies that interceptors make of the options, and other copies of this
// library know it. A request is brokered once, however many brokered dispatchers it passes.
export const BROKERED = Symbol.for('interposition.brokered');

/** What dispatches live. */
export interface UpstreamDispatcher {
  readonly dispatch: Dispatch;
  /** The dispatcher itself, where it is known. */
  readonly dispatcher: object | undefined;
  /** Its own origin, where it has one: requests may then leave theirs out. */
  readonly origin: string | undefined;
  /** The major version of undici that it is of; 7 also where it may be 6; undefined where only the handlers tell. */
  readonly version: number | undefined;
}

/** A request that is on its route. */
export interface Call {
  readonly route: Route;
  readonly head: RequestHead;
  readonly upstream: UpstreamDispatcher;
  readonly options: DispatchOptions;
  readonly handler: Handler;
}

interface ForwardOptions {
  readonly exchange: Exchange;
  readonly body: unknown;
  /** Resolves when it is known what was sent. */
  requestKnown(failed: boolean): Promise<void>;
}

/** Lets a request go live while what it is answered is recorded. */
export function forward(
  call: Call,
  recording: Recording,
  { exchange, body, requestKnown }: ForwardOptions,
): boolean {
  const {
    route: { broker, group },
    upstream,
    options,
    handler,
  } = call;
  const wasDestroyed = isDestroyed(upstream);
  const live = new LiveSource(exchange, recording, broker, {
    requestKnown,
    wasGivenUp: isGivenUp(handler),
    isDestroyed: () => !wasDestroyed && isDestroyed(upstream),
    upgrade: (head, socket) =>
      recordConnection({ socket, head, key: handshakeOf(call).key, recording, broker, group }),
  });
  exchange.source = live;
  return asRecorded(broker, recording, () =>
    upstream.dispatch(marked(options, { body }), upstreamHandler(handler, live)),
  );
}

/** What a request for a WebSocket asks for. */
export function handshakeOf({ options }: Call): Handshake {
  const headers = requestHeaderPairs(options.headers);
  return { key: webSocketKey({ headers }), headers };
}

function isDestroyed({ dispatcher }: UpstreamDispatcher): boolean {
  return (dispatcher as { readonly destroyed?: unknown } | undefined)?.destroyed === true;
}

/** Was it aborted before it was made? Then undici sends nothing. */
export function isAborted({ signal }: DispatchOptions): boolean {
  return (signal as { readonly aborted?: unknown } | null | undefined)?.aborted === true;
}

/** The options of a request that goes on from its Broker; a copy, as a program may use its own again. */
export function marked(options: DispatchOptions, changes: { readonly body?: unknown } = {}): DispatchOptions {
  return Object.assign(copied(options), changes, { [BROKERED]: true });
}

export function copied(options: DispatchOptions): DispatchOptions {
  // An object of a class of the program's own may have its options as getters of the class.
  const isPlain = Object.getPrototypeOf(options) === Object.prototype;
  return isPlain ? { ...options } : Object.assign(Object.create(options), options);
}

/** The request as it was sent. */
export function sentRequest(head: RequestHead, read: Omit<ReadBody, 'again'>): InteractionRequest {
  const { protocol, action, target, headers } = head;
  return { protocol, action, target, headers: sentHeaders(headers, read.contentType), body: read.bytes };
}

/**
 * The length of a body that fetch made by itself of what the program gave it, which it names then. That may be read before it is
 * sent; a stream of the program's own may not.
 */
export function lengthAhead({ route: { broker }, head, handler }: Call): number | undefined {
  if (!isFetchHandler(handler)) {
    return undefined;
  }
  const named = head.headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  const length = Number(named);
  return length <= broker.readAhead ? length : undefined;
}
