import type { Router } from '../../core/route.js';
import { connectAlone } from './connect-alone.js';
import { dispatchBrokered } from './dispatch.js';
import type { AgentLike, ConnectOptions, OutgoingRequest } from './protocol.js';
import { originOf } from './request-head.js';

/**
 * Brings every request of node:http and node:https to its route, whoever makes it and by whichever name. What is met is
 * the one moment that they all pass: when a `ClientRequest` that is complete, but not connected, is handed to its agent.
 * From there the very request of the program goes on, to that agent or to a replay. Gives the undo.
 */
export function interceptClientRequests(router: Router): () => void {
  // Not an import: one of `node:http` loads the built-in undici with it on Node 22 and later.
  const { prototype } = process.getBuiltinModule('node:http').ClientRequest;
  // Another copy of this library's, which is asked for what is not ours.
  const before = Object.getOwnPropertyDescriptor(prototype, 'agent');
  let active = true;
  const accessor: PropertyDescriptor = {
    configurable: true,
    get: () => undefined,
    set(this: OutgoingRequest, agent: AgentLike | undefined) {
      const route = active ? router() : undefined;
      if (route !== undefined) {
        standIn(this, agent, (options) => {
          const connect = () =>
            agent === undefined ? connectAlone(this, options) : agent.addRequest(this, options);
          dispatchBrokered({ route, request: this, options, origin: originOf(this, options), connect });
        });
      } else if (before?.set !== undefined) {
        before.set.call(this, agent);
      } else {
        setAgent(this, agent);
      }
    },
  };
  Object.defineProperty(prototype, 'agent', accessor);
  return () => {
    active = false;
    if (Object.getOwnPropertyDescriptor(prototype, 'agent')?.set !== accessor.set) {
      return;
    }
    if (before === undefined) {
      Reflect.deleteProperty(prototype, 'agent');
    } else {
      Object.defineProperty(prototype, 'agent', before);
    }
  };
}

/**
 * As the constructor of a request sees an agent where the program has none: it changes no default. But a request without
 * a body is to say `connection: close`, which live it does as it has no agent.
 */
function noAgent({ method }: OutgoingRequest): object {
  return { keepAlive: !BODYLESS.has(method), maxSockets: Number.POSITIVE_INFINITY };
}

const BODYLESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** Until the request is handed over, its agent is one that is like the program's and takes it to us. */
function standIn(
  request: OutgoingRequest,
  agent: AgentLike | undefined,
  take: (options: ConnectOptions) => void,
): void {
  const addRequest = (_request: OutgoingRequest, options: ConnectOptions) => {
    setAgent(request, agent);
    take(options);
  };
  // Of an object of its own: what a Proxy says of a frozen one must be the truth.
  const stand = new Proxy(
    {},
    {
      get: (_target, name) =>
        name === 'addRequest' ? addRequest : Reflect.get(agent ?? noAgent(request), name),
    },
  );
  Object.defineProperty(request, 'agent', { configurable: true, enumerable: true, get: () => stand });
}

function setAgent(request: OutgoingRequest, value: AgentLike | undefined): void {
  Object.defineProperty(request, 'agent', { configurable: true, enumerable: true, writable: true, value });
}
