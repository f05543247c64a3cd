import { bareDispatcher } from './bare-dispatcher.js';
import { bareInterceptors } from './bare-interceptors.js';
import type { Contender } from './contender.js';
import { interposition } from './interposition.js';
import { live } from './live.js';
import { mockAgent } from './mock-agent.js';
import { msw } from './msw.js';
import { nock } from './nock.js';
import { polly } from './polly.js';
import { snapshotAgent } from './snapshot-agent.js';

/** Everybody, the limits first. */
export const CONTENDERS = [
  bareDispatcher,
  bareInterceptors,
  live,
  interposition,
  snapshotAgent,
  mockAgent,
  nock,
  polly,
  msw,
] as const satisfies readonly Contender[];

export function contenderOf(name: string): Contender {
  const contender = CONTENDERS.find((one) => one.name === name);
  if (contender === undefined) {
    throw new Error(`there is no contender ${name}`);
  }
  return contender;
}
