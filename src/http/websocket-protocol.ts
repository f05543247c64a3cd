import type { InteractionRequest } from '../core/interaction.js';
import type { RequestHead } from '../core/recording.js';
import { headerValue } from './headers.js';

/** The protocol of a request that asks for a WebSocket, and of what is said on it. */
export const WEBSOCKET = 'websocket';

/** What is said, once, where the upgrade is to something else. */
export const UPGRADE_NOTICE =
  'requests for an upgraded connection (other than a WebSocket), and CONNECT, pass through, unrecorded.';

const KEY = 'sec-websocket-key';

/** Does a request ask for a WebSocket (RFC 6455, 4.1)? @param upgrade What it asks to be upgraded to. */
export function asksForWebSocket({ action, headers }: RequestHead, upgrade: unknown): boolean {
  return (
    action === 'GET' &&
    typeof upgrade === 'string' &&
    upgrade.toLowerCase() === WEBSOCKET &&
    headerValue(headers, KEY) !== undefined
  );
}

/** Such a request as it is looked up and stored: without its key, which is a random one. */
export function webSocketRequest<T extends RequestHead>(request: T): T {
  return {
    ...request,
    protocol: WEBSOCKET,
    headers: request.headers.filter(([name]) => name.toLowerCase() !== KEY),
  };
}

export function webSocketKey({ headers }: Pick<RequestHead, 'headers'>): string {
  return headerValue(headers, KEY) ?? '';
}

/** Is each chunk of the answer to such a request, after the first one, a message of its own? */
export function isWebSocket({ protocol }: Pick<InteractionRequest, 'protocol'>): boolean {
  return protocol === WEBSOCKET;
}
