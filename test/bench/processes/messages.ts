import type { ClientName } from '../clients/client.js';
import type { Sample } from '../tasks/task.js';

/** What a child is started with, as JSON in its argument. */
export interface Job {
  readonly task: TaskName;
  readonly contender: string;
  readonly traffic: string;
  readonly client: ClientName;
  readonly count: number;
  /** How many requests are under way at a time. */
  readonly atOnce: number;
  readonly folder: string;
  readonly origin: string;
}

export type TaskName = 'prepare' | 'replay' | 'record' | 'refresh' | 'open' | 'parse';

/** What the parent asks a child for: `count` steps, from step `from`; or its end. */
export type Order = { readonly from: number; readonly count: number } | 'stop';

/** What a child says: that it is ready or stopped, what a round took, why it is no contestant, what was wrong. */
export type Report =
  | { readonly ready: true }
  | { readonly sample: Sample }
  | { readonly unable: string }
  | { readonly wrong: string }
  | { readonly stopped: true };
