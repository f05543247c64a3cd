import type { Contender } from './contender.js';

/** The live server, in another process. */
export const live: Contender = {
  name: 'live loopback',
  async load() {},
  cannot: ({ traffic }) => (traffic.reads === 'chunks' ? 'a socket does not keep chunks apart' : undefined),
  /** Keeps nothing: what is not recorded is this fast. */
  async record() {
    return async () => {};
  },
  async replay() {
    return async () => {};
  },
};
