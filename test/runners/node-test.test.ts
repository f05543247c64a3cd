import { testIntegration } from './integration.js';

testIntegration('node-test', {
  sample: 'node-test',
  command: (...files) => ['--import', './cassettes.js', '--test', ...files],
  replays: { 'without --test': (file) => ['--import', './cassettes.js', file] },
  concurrent: true,
  folderEnding: '.cassettes',
});
