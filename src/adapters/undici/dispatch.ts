import type { CoreBroker } from '../../core/broker.js';
import { settledWithin } from '../../core/deadline.js';
import { RequestNotBrokeredError } from '../../core/errors.js';
import type { Route, Router } from '../../core/route.js';
import { asksForWebSocket, webSocketRequest } from '../../http/websocket-protocol.js';
import { Exchange } from './exchange.js';
import {
  BROKERED,
  type Call,
  forward,
  isAborted,
  lengthAhead,
  marked,
  sentRequest,
  type UpstreamDispatcher,
} from './forward.js';
import { asForwarded } from './forwarded.js';
import { withStableHeaders } from './headers.js';
import { isFetchHandler, withFetchBody } from './known-handlers.js';
import { LookUp } from './look-up.js';
import { programOf } from './program.js';
import { type DispatchOptions, type Handler, isHandler } from './protocol.js';
import { drainBody, immediateBytes, isReadableBody, tapBody } from './request-body.js';
import { requestHead } from './request-head.js';
import { dispatchUpgrade } from './upgrade.js';

/** How long the error of a request waits for its body to be known, where failures are recorded. */
const FAILED_WAIT_MS = 500;

const UNKNOWN_ORIGIN =
  'Its origin is not known. Import interposition before the dispatcher is composed, or name the origin in the request.';

/** Dispatches a request through the Broker that is responsible for it, if there is one. */
export function dispatchBrokered(
  upstream: UpstreamDispatcher,
  router: Router,
  options: DispatchOptions,
  handler: Handler,
): boolean {
  const isCall = typeof options === 'object' && options !== null && !(BROKERED in options);
  const route = isCall ? router() : undefined;
  // What undici refuses goes to undici, so that it is refused in its words.
  if (route === undefined || !isHandler(handler, options, upstream.version)) {
    return upstream.dispatch(options, handler);
  }
  const stable = withStableHeaders(options);
  return dispatchOnRoute(route, upstream, isFetchHandler(handler) ? withFetchBody(stable) : stable, handler);
}

function dispatchOnRoute(
  route: Route,
  upstream: UpstreamDispatcher,
  options: DispatchOptions,
  handler: Handler,
): boolean {
  const { broker } = route;
  const head = requestHead(options, upstream.origin);
  if (head === undefined) {
    return dispatchUnknown(broker, upstream, options, handler);
  }
  if (route.passes(head)) {
    broker.countPassedThrough(head);
    return asForwarded(() => upstream.dispatch(marked(options), handler));
  }
  if (route.refusal !== undefined) {
    new Exchange(programOf(handler)).fail(route.refusal(head));
    return true;
  }
  const isForWebSocket = asksForWebSocket(head, options.upgrade);
  const asked = isForWebSocket ? webSocketRequest(head) : head;
  const call = { route, head: asked, upstream, options, handler };
  if (!isForWebSocket && (head.action === 'CONNECT' || options.upgrade)) {
    return dispatchUpgrade(call);
  }
  if (broker.mode === 'record') {
    return isAborted(options)
      ? asForwarded(() => upstream.dispatch(marked(options), handler))
      : forwardTapped(call);
  }
  const bytes = immediateBytes(options.body);
  return bytes === undefined && !isReadableBody(options.body)
    ? upstream.dispatch(options, handler)
    : new LookUp(call).begin(bytes);
}

/** A request that cannot be told apart from others: its options are not for undici, or nobody knows its origin. */
function dispatchUnknown(
  broker: CoreBroker,
  upstream: UpstreamDispatcher,
  options: DispatchOptions,
  handler: Handler,
): boolean {
  const { method, path } = options;
  if (typeof method === 'string' && typeof path === 'string') {
    const name = `${method} ${path}`;
    if (broker.mode === 'replay') {
      new Exchange(programOf(handler)).fail(new RequestNotBrokeredError(broker.text(name), UNKNOWN_ORIGIN));
      return true;
    }
    broker.warn(`${name} was not recorded. ${UNKNOWN_ORIGIN}`);
  }
  return upstream.dispatch(options, handler);
}

/** In `record`: the request goes out at once, and its body is listened to while it is sent. */
function forwardTapped(call: Call): boolean {
  const { route, head, options, handler } = call;
  const { broker, bodyWait, group } = route;
  broker.countMiss(head);
  const recording = broker.record(head, { group });
  let isKnown = () => {};
  const known = new Promise<void>((resolve) => {
    isKnown = resolve;
  });
  const body = tapBody(
    options.body,
    (read) => {
      if (read !== undefined) {
        recording.request = sentRequest(head, read);
      }
      isKnown();
    },
    lengthAhead(call),
  );
  return forward(call, recording, {
    exchange: new Exchange(programOf(handler)),
    body,
    requestKnown: (failed) => {
      if (failed) {
        void drainBody(body);
      }
      return settledWithin(known, failed ? Math.min(bodyWait, FAILED_WAIT_MS) : bodyWait, failed);
    },
  });
}
