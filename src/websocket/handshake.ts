import { hash } from 'node:crypto';
import type { HeaderPair } from '../core/interaction.js';
import { headerValue } from '../http/headers.js';
import type { ResponseHead } from '../http/response.js';
import { offersCompression } from './extensions.js';

/** RFC 6455, 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What stands in a cassette for the proof that the server has read the client's key, which is other in each run. */
const PROOF = '(of the key)';

const ACCEPT = 'sec-websocket-accept';
const EXTENSIONS = 'sec-websocket-extensions';
const PROTOCOL = 'sec-websocket-protocol';

/** The head of a server's answer as it is stored. A proof that is wrong is stored as it is. */
export function storedHead(head: ResponseHead, key: string): ResponseHead {
  const proof = proofOf(key);
  return withHeaders(head, (name, value) => (name === ACCEPT && value.trim() === proof ? PROOF : value));
}

/** What a client asks for. */
export interface Handshake {
  readonly key: string;
  readonly headers: readonly HeaderPair[];
}

/**
 * The recorded head as the server would have answered this client. What the client does not offer is not accepted, and of
 * the protocols that it offers the one is chosen that stands where the recorded one stood: its name may hold a secret.
 *
 * @param recorded The headers of the recorded request.
 */
export function replayedHead(
  head: ResponseHead,
  recorded: readonly HeaderPair[],
  { key, headers }: Handshake,
): ResponseHead {
  const offered = protocolsOf(headers);
  const places = protocolsOf(recorded);
  return withHeaders(head, (name, value) => {
    switch (name) {
      case ACCEPT:
        return value === PROOF ? proofOf(key) : value;
      case EXTENSIONS:
        return offersCompression(headers) ? value : undefined;
      case PROTOCOL:
        return offered.includes(value) ? value : (offered[places.indexOf(value)] ?? value);
      default:
        return value;
    }
  });
}

function proofOf(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

function protocolsOf(headers: readonly HeaderPair[]): string[] {
  return (headerValue(headers, PROTOCOL) ?? '').split(',').map((protocol) => protocol.trim());
}

/** @param changed Gets a name in lower case; undefined leaves the header out. */
function withHeaders(
  head: ResponseHead,
  changed: (name: string, value: string) => string | undefined,
): ResponseHead {
  const headers = head.headers.flatMap(([name, value]): HeaderPair[] => {
    const next = changed(name.toLowerCase(), value);
    return next === undefined ? [] : [[name, next]];
  });
  return { ...head, headers };
}
