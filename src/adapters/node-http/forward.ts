import type { InteractionRequest } from '../../core/interaction.js';
import type { Recording } from '../../core/recording.js';
import type { Route } from '../../core/route.js';
import { webSocketKey, webSocketRequest } from '../../http/websocket-protocol.js';
import type { Handshake } from '../../websocket/handshake.js';
import { recordConnection } from '../../websocket/recorded.js';
import { asForwarded } from './forwarded.js';
import { headOf } from './headers.js';
import { type LiveOptions, LiveSource } from './live.js';
import type { ConnectOptions, OutgoingRequest } from './protocol.js';
import { requestHead, sentHeaders, upgradeOf } from './request-head.js';

/** A request that is on its route. */
export interface Call {
  readonly route: Route;
  readonly request: OutgoingRequest;
  readonly options: ConnectOptions;
  readonly origin: string;
  /** Lets the request go live: to the program's own agent. */
  connect(): void;
}

/** Lets a request go live while what it is answered is recorded. */
export function forward(call: Call, recording: Recording, options: Omit<LiveOptions, 'upgraded'>): void {
  const { request, route, connect } = call;
  const { broker, group } = route;
  new LiveSource(request, recording, broker, {
    ...options,
    upgraded: (response, socket, early) =>
      recordConnection({
        socket,
        head: headOf(response),
        key: handshakeOf(call).key,
        recording,
        broker,
        group,
        early,
      }),
  }).listen();
  try {
    asForwarded(broker, recording, connect);
  } catch (error) {
    // An agent that throws has sent nothing.
    recording.discard();
    throw error;
  }
}

/** The request as it was sent, once it is. */
export function sentRequest({ request, options, origin }: Call, body: Uint8Array): InteractionRequest {
  const sent = { ...requestHead(request, origin), headers: sentHeaders(request, options, origin), body };
  return upgradeOf(request, options) === 'websocket' ? webSocketRequest(sent) : sent;
}

/** What a request for a WebSocket asks for. */
export function handshakeOf({ request, options, origin }: Call): Handshake {
  const headers = sentHeaders(request, options, origin);
  return { key: webSocketKey({ ...requestHead(request, origin), headers }), headers };
}
