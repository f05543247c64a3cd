import type { InteractionRequest } from '../../core/interaction.js';
import type { Recording } from '../../core/recording.js';
import type { Route } from '../../core/route.js';
import { asForwarded } from './forwarded.js';
import { type LiveOptions, LiveSource } from './live.js';
import type { ConnectOptions, OutgoingRequest } from './protocol.js';
import { requestHead, sentHeaders } from './request-head.js';

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
export function forward({ request, route, connect }: Call, recording: Recording, options: LiveOptions): void {
  new LiveSource(request, recording, route.broker, options).listen();
  try {
    asForwarded(route.broker, recording, connect);
  } catch (error) {
    // An agent that throws has sent nothing.
    recording.discard();
    throw error;
  }
}

/** The request as it was sent, once it is. */
export function sentRequest({ request, options, origin }: Call, body: Uint8Array): InteractionRequest {
  return { ...requestHead(request, origin), headers: sentHeaders(request, options, origin), body };
}
