import { testIntegration } from './integration.js';

const vitest = (...args: string[]) => ['node_modules/vitest/vitest.mjs', 'run', ...args];

testIntegration('vitest', {
  sample: 'vitest',
  command: vitest,
  replays: {
    'in threads': (file) => vitest('--pool=threads', file),
    'in a VM realm': (file) => vitest('--pool=vmThreads', file),
  },
  concurrent: true,
});
