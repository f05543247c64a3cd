import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';

// What node's client is to this adapter: parts of `ClientRequest` and of its agents that every Node from 20 on has,
// that packages rely on, and that its types leave out or keep to themselves.

/** A request of the program's, with what node itself and agents use of it. */
export interface OutgoingRequest extends Omit<ClientRequest, 'agent' | 'res' | 'emit'> {
  agent: AgentLike | undefined;
  /** The status line and headers as they are sent, once they are; null before. */
  readonly _header: string | null;
  _last: boolean;
  /** How many bytes wait for a socket. */
  outputSize: number;
  readonly outputData: readonly { readonly data: string | Uint8Array }[];
  res: IncomingMessage | null;
  readonly timeout?: number;
  emit(event: string | symbol, ...args: unknown[]): boolean;
  onSocket(socket: Socket): void;
}

/** What a request needs of an agent. */
export interface AgentLike {
  readonly options?: { readonly timeout?: number };
  addRequest(request: OutgoingRequest, options: ConnectOptions): void;
}

/** The program's options as a request hands them to its agent: with the defaults of `host` and `port`. */
export interface ConnectOptions extends Omit<RequestOptions, 'createConnection'> {
  readonly createConnection?: (
    options: ConnectOptions,
    created: (error: Error | null, socket?: Socket) => void,
  ) => Socket | null | undefined;
}
