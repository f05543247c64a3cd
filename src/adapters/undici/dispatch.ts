import type { CoreBroker } from '../../core/broker.js';
import { clearTimeout, nextTick, setImmediate, setTimeout } from '../../core/clock.js';
import { settledWithin } from '../../core/deadline.js';
import {
  RequestBodyTimeoutError,
  RequestNotBrokeredError,
  UpgradeNotRecordedError,
} from '../../core/errors.js';
import type { InteractionRequest } from '../../core/interaction.js';
import type { Recording, RequestHead } from '../../core/recording.js';
import type { Route, Router } from '../../core/route.js';
import type { Turn } from '../../core/turns.js';
import { readResponse } from '../../http/response.js';
import {
  asksForWebSocket,
  isWebSocket,
  webSocketKey,
  webSocketRequest,
} from '../../http/websocket-protocol.js';
import type { Handshake } from '../../websocket/handshake.js';
import { recordConnection } from '../../websocket/recorded.js';
import { Exchange } from './exchange.js';
import { isFormData } from './form-data.js';
import { asForwarded, asRecorded } from './forwarded.js';
import { withStableHeaders } from './headers.js';
import { Interrupt } from './interrupt.js';
import { isFetchHandler, withFetchBody } from './known-handlers.js';
import { LiveSource } from './live.js';
import { pendingOf } from './pending.js';
import { isGivenUp, programOf } from './program.js';
import {
  type Dispatch,
  type DispatchOptions,
  type Handler,
  isControllerHandler,
  isHandler,
} from './protocol.js';
import { refusedHeader } from './refused-header.js';
import { ReplayedSource } from './replayed.js';
import { replayWebSocket } from './replayed-websocket.js';
import {
  drainBody,
  immediateBytes,
  isBlob,
  isReadableBody,
  type ReadBody,
  readBody,
  sentHeaders,
  tapBody,
} from './request-body.js';
import { requestHead } from './request-head.js';
import { upstreamHandler } from './upstream-handler.js';

// Enumerable and registered: it survives the copies that interceptors make of the options, and other copies of this
// library know it. A request is brokered once, however many brokered dispatchers it passes.
export const BROKERED = Symbol.for('interposition.brokered');

/** How long the error of a request waits for its body to be known, where failures are recorded. */
const FAILED_WAIT_MS = 500;

const UNKNOWN_ORIGIN =
  'Its origin is not known. Import interposition before the dispatcher is composed, or name the origin in the request.';

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
  if (!isForWebSocket && (head.action === 'CONNECT' || options.upgrade)) {
    return dispatchUpgrade(broker, head, upstream, options, handler);
  }
  const handshake = { key: webSocketKey(head), headers: head.headers };
  const asked = isForWebSocket ? webSocketRequest(head) : head;
  if (broker.mode === 'record') {
    if (isAborted(options)) {
      return asForwarded(() => upstream.dispatch(marked(options), handler));
    }
    broker.countMiss(asked);
    const recording = broker.record(asked, { group: route.group });
    return forwardTapped({ route, recording, upstream, options, handler, handshake });
  }
  const bytes = immediateBytes(options.body);
  if (bytes === undefined && !isReadableBody(options.body)) {
    return upstream.dispatch(options, handler);
  }
  return lookUp({ route, head: asked, upstream, options, handler, handshake }, bytes);
}

/** Was it aborted before it was made? Then undici sends nothing. */
function isAborted({ signal }: DispatchOptions): boolean {
  return (signal as { readonly aborted?: unknown } | null | undefined)?.aborted === true;
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

function dispatchUpgrade(
  broker: CoreBroker,
  head: RequestHead,
  upstream: UpstreamDispatcher,
  options: DispatchOptions,
  handler: Handler,
): boolean {
  if (broker.mode === 'replay') {
    const error = new UpgradeNotRecordedError(head.action, broker.text(head.target));
    new Exchange(programOf(handler)).fail(error);
    return true;
  }
  broker.warn(
    'requests for an upgraded connection (other than a WebSocket), and CONNECT, pass through, unrecorded.',
  );
  return asForwarded(() => upstream.dispatch(marked(options), handler));
}

/** The options of a request that goes on from its Broker; a copy, as a program may use its own again. */
function marked(options: DispatchOptions, changes: { readonly body?: unknown } = {}): DispatchOptions {
  return Object.assign(copied(options), changes, { [BROKERED]: true });
}

export function copied(options: DispatchOptions): DispatchOptions {
  // An object of a class of the program's own may have its options as getters of the class.
  const isPlain = Object.getPrototypeOf(options) === Object.prototype;
  return isPlain ? { ...options } : Object.assign(Object.create(options), options);
}

interface Forwarding {
  readonly route: Route;
  readonly recording: Recording;
  readonly upstream: UpstreamDispatcher;
  readonly options: DispatchOptions;
  readonly handler: Handler;
  /** Of a request for a WebSocket. */
  readonly handshake: Handshake;
}

/** In `record`: the request goes out at once, and its body is listened to while it is sent. */
function forwardTapped(forwarding: Forwarding): boolean {
  const { route, recording, upstream, options, handler } = forwarding;
  let requestSettled = () => {};
  const settled = new Promise<void>((resolve) => {
    requestSettled = resolve;
  });
  const body = tapBody(
    options.body,
    (read) => {
      if (read !== undefined) {
        recording.request = sentRequest(recording.head, read);
      }
      requestSettled();
    },
    lengthAhead(route, recording.head, handler),
  );
  const exchange = new Exchange(programOf(handler));
  const requestKnown = (failed: boolean) => {
    if (failed) {
      void drainBody(body);
    }
    return settledWithin(settled, failed ? Math.min(route.bodyWait, FAILED_WAIT_MS) : route.bodyWait, failed);
  };
  const live = liveSource(forwarding, exchange, requestKnown);
  exchange.source = live;
  return asRecorded(route.broker, recording, () =>
    upstream.dispatch(marked(options, { body }), upstreamHandler(handler, live)),
  );
}

/**
 * The length of a body that fetch made by itself of what the program gave it, which it names then. That may be read before it is
 * sent; a stream of the program's own may not.
 */
function lengthAhead({ broker }: Route, head: RequestHead, handler: Handler): number | undefined {
  if (!isFetchHandler(handler)) {
    return undefined;
  }
  const named = head.headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  const length = Number(named);
  return length <= broker.readAhead ? length : undefined;
}

function liveSource(
  { route: { broker, group }, recording, upstream, handler, handshake: { key } }: Omit<Forwarding, 'options'>,
  exchange: Exchange,
  requestKnown: (failed: boolean) => Promise<void>,
): LiveSource {
  const wasDestroyed = isDestroyed(upstream);
  return new LiveSource(exchange, recording, broker, {
    requestKnown,
    wasGivenUp: isGivenUp(handler),
    isDestroyed: () => !wasDestroyed && isDestroyed(upstream),
    upgrade: (head, socket) => recordConnection({ socket, head, key, recording, broker, group }),
  });
}

function isDestroyed({ dispatcher }: UpstreamDispatcher): boolean {
  return (dispatcher as { readonly destroyed?: unknown } | undefined)?.destroyed === true;
}

interface LookUp extends Omit<Forwarding, 'recording'> {
  readonly head: RequestHead;
}

/**
 * In `replay` and `auto`: the request is looked up first, which takes its whole body.
 *
 * @param bytes The body, where it lies there already.
 */
function lookUp(call: LookUp, bytes: Uint8Array | undefined): boolean {
  const { route, head, options, handler } = call;
  const { broker } = route;
  const exchange = new Exchange(programOf(handler));
  const refused = refusedHeader(head.headers);
  if (refused !== undefined) {
    exchange.fail(refused);
    return false;
  }
  try {
    exchange.begin(contextFor(handler, call.upstream));
    if (exchange.ended && isAborted(options)) {
      return true;
    }
    if (exchange.ended && (isGivenUp(handler) || !isReadable(call))) {
      // While it is recorded it takes a place, too, and is then left out.
      broker.reserve();
      return true;
    }
    if (!exchange.ended) {
      exchange.bind(call.upstream.dispatcher && pendingOf(call.upstream.dispatcher));
    }
    if (bytes === undefined || broker.mustQueue(head)) {
      void lookUpWhenRead({ ...call, options: copied(options) }, exchange, broker.takeTurn(head));
      return true;
    }
    const request = sentRequest(head, { bytes });
    if (isReadLive(call)) {
      const turn = broker.takeTurn(head);
      nextTick(lookUpInTurn, call, exchange, { request, order: turn.order, again: options.body }, turn);
    } else {
      lookUpNow(call, exchange, { request, order: broker.reserve(), again: options.body });
    }
  } catch (error) {
    exchange.fail(error);
  }
  return true;
}

/** May the body be read also where nobody sends it? A stream of the program's may not. */
function isReadable({ route, head, handler, options: { body } }: LookUp): boolean {
  return (
    immediateBytes(body) !== undefined ||
    isFormData(body) ||
    isBlob(body) ||
    lengthAhead(route, head, handler) !== undefined
  );
}

/** Is the body one that fetch reads by and by? In replay it gives some of them as they lie there. */
function isReadLive({ handler, options }: LookUp): boolean {
  return isFetchHandler(handler) && options.body !== null && options.body !== undefined;
}

/** The context that the clients would give live: undici 8's give null. */
function contextFor(handler: Handler, upstream: UpstreamDispatcher): null | undefined {
  const isNew = isControllerHandler(handler) && !('onConnect' in handler);
  return (upstream.version === undefined ? isNew : upstream.version >= 8) ? null : undefined;
}

/** Never rejects: what goes wrong ends the exchange. */
async function lookUpWhenRead(call: LookUp, exchange: Exchange, turn: Turn): Promise<void> {
  const { route, head, options, handler } = call;
  try {
    const read = await readWithin(call, exchange);
    const length = lengthAhead(route, head, handler);
    if (exchange.ended && length !== undefined && length !== read.bytes.byteLength) {
      // A fetch that is given up reads its body no further, also while it is recorded.
      return;
    }
    // Live no answer is there sooner: a program that gives up its request meanwhile has had none.
    await (immediateBytes(options.body) === undefined ? afterTurn() : afterMicrotasks());
    const request = sentRequest(head, read);
    await route.broker.inTurn(request, turn);
    lookUpNow(call, exchange, { request, order: turn.order, again: read.again });
  } catch (error) {
    exchange.fail(error);
  } finally {
    turn.done();
  }
}

/** Never throws: what goes wrong ends the exchange. */
function lookUpInTurn(call: LookUp, exchange: Exchange, known: Known, turn: Turn): void {
  try {
    lookUpNow(call, exchange, known);
  } catch (error) {
    exchange.fail(error);
  } finally {
    turn.done();
  }
}

/** A request that is known whole. */
interface Known {
  readonly request: InteractionRequest;
  readonly order: number;
  readonly again: unknown;
}

/** The one moment of a look-up: what is known of a request, whether it was given up included, is taken together. */
function lookUpNow(call: LookUp, exchange: Exchange, { request, order, again }: Known): void {
  const { route, upstream, options, handler } = call;
  const { broker } = route;
  if (exchange.ended) {
    broker.giveUp(request, order, route.group);
    return;
  }
  const hit = broker.lookup(request);
  if (hit !== undefined && isWebSocket(hit.request) && readResponse(hit).head?.statusCode === 101) {
    // An accepted connection is the program's own, and no dispatcher's.
    exchange.unbind();
    replayWebSocket(exchange, hit, call.handshake, route);
    return;
  }
  if (hit !== undefined) {
    const replayed = new ReplayedSource(exchange, hit, broker.latency);
    exchange.source = replayed;
    replayed.start();
    return;
  }
  if (broker.mode === 'replay') {
    // In a turn of its own, as a failure comes live: what the program does right after it has asked, such as aborting, or
    // destroying the dispatcher, is first.
    setImmediate(() => exchange.ended || miss(broker, request, exchange));
    return;
  }
  exchange.unbind();
  const recording = broker.record(request, { order, group: route.group });
  recording.request = request;
  const live = liveSource({ ...call, recording }, exchange, () => Promise.resolve());
  exchange.source = live;
  asRecorded(broker, recording, () =>
    upstream.dispatch(marked(options, { body: again }), upstreamHandler(handler, live)),
  );
}

/** Never throws: what goes wrong ends the exchange. */
function miss(broker: CoreBroker, request: InteractionRequest, exchange: Exchange): void {
  try {
    const error = broker.notFound(request);
    if (isWebSocket(request)) {
      // Some WebSockets tell their program no reason.
      broker.warn(error.message);
    }
    exchange.fail(error);
  } catch (error) {
    exchange.fail(error);
  }
}

function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

function afterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function readWithin(call: LookUp, exchange: Exchange): Promise<ReadBody> {
  const { head, route, options } = call;
  const { bodyWait, broker } = route;
  const stop = new Interrupt();
  const timer = setTimeout(
    () => stop.raise(new RequestBodyTimeoutError(head.action, broker.text(head.target), bodyWait)),
    bodyWait,
  );
  if (!isReadable(call)) {
    exchange.source = {
      abort: (reason) => {
        stop.raise(reason);
        return false;
      },
      resume: () => {},
    };
  }
  try {
    return await readBody(options.body, stop);
  } finally {
    clearTimeout(timer);
  }
}

/** The request as it was sent. */
function sentRequest(head: RequestHead, read: Omit<ReadBody, 'again'>): InteractionRequest {
  const { protocol, action, target, headers } = head;
  return { protocol, action, target, headers: sentHeaders(headers, read.contentType), body: read.bytes };
}
