import { testIntegration } from './integration.js';

testIntegration('uvu', {
  sample: 'uvu',
  command: (...files) => ['node_modules/uvu/bin.js', '.', `(${files.join('|')})$`, '-i', 'node_modules'],
  concurrent: false,
});
