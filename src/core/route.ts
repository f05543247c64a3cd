import type { CoreBroker } from './broker.js';
import type { RecordingGroup, RequestHead } from './recording.js';

/** What happens to a request that went past every Broker. */
export type Guard = 'off' | 'warn' | 'error';

/** Why a request of a scope was not answered, where one was not: a test that fails then fails of that. */
export interface Unanswered {
  first: Error | undefined;
}

/** Where a request goes: which Broker answers it, and who waits for its recording. */
export interface Route {
  readonly unanswered: Unanswered;
  readonly broker: CoreBroker;
  readonly group: RecordingGroup;
  /** How long a request body may stay open where it has to be read first, in ms. */
  readonly bodyWait: number;
  /** What happens to a request that went past every Broker. */
  readonly guard: Guard;
  /** Are requests of node:http brokered, too? */
  readonly nodeHttp: boolean;
  /** Is the request left alone, in every mode? */
  passes(head: RequestHead): boolean;
  /** Why no request is answered here; undefined where requests are. */
  readonly refusal?: (head: RequestHead) => Error;
}

/** The route of the request that is being dispatched; undefined for one that is left alone. */
export type Router = () => Route | undefined;
