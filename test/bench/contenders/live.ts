import type { Contender } from './contender.js';

/** The live server, in another process. */
export const live: Contender = {
  name: 'live loopback',
  async load() {},
  cannot: ({ traffic }) => (traffic.reads === 'chunks' ? 'a socket does not keep chunks apart' : undefined),
  async replay() {
    return async () => {};
  },
};
