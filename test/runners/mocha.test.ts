import { testIntegration } from './integration.js';

const mocha = (...args: string[]) => [
  'node_modules/mocha/bin/mocha.js',
  '--require',
  './cassettes.js',
  ...args,
];

testIntegration('mocha', {
  sample: 'mocha',
  command: mocha,
  replays: { 'in worker processes': (file) => mocha('--parallel', file) },
  concurrent: false,
});
