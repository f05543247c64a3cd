import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { fingerprint } from '../../src/index.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: scan and redact');
const project = new Project();
test.after(() => project.remove());

const SECRET = 'q8Zr2mKp4TxWv9LcBn7YhJ3f';

const leaking = () => [
  made({ body: '{"ok":true}' }),
  made({
    target: `https://api.example.com/data?access_token=${SECRET}`,
    requestHeaders: [['authorization', `Bearer ${SECRET}`]],
    body: `{"echo":"${SECRET}"}`,
  }),
];

test('scan names the places of secrets, never the values, and exits with 1', async () => {
  const file = await write(project, 'leaking.json', ...leaking());
  const { code, stdout, stderr } = await project.interposition(['scan', file]);
  assert.is(code, 1);
  for (const place of ['request.target', 'request.headers authorization', 'response.body']) {
    assert.match(stdout, `leaking.json: interaction 2, ${place} (redaction)`);
  }
  assert.not.match(stdout + stderr, SECRET);
  assert.match(stderr, 'the scanner is not installed');
});

test('redact takes them out in place, makes the fingerprints anew, and scan is content', async () => {
  const file = await write(project, 'redacted.json', ...leaking());
  const { code, stdout } = await project.interposition(['redact', file]);
  assert.is(code, 0);
  assert.match(stdout, 'redacted.json: 1 interaction of 2 redacted');
  assert.not.match(readFileSync(project.path(file), 'utf8'), SECRET);
  const [untouched, changed] = await read(project, file);
  assert.is(untouched?.fingerprint, leaking()[0]?.fingerprint);
  assert.is(changed?.fingerprint, changed && fingerprint(changed.request));
  assert.is((await project.interposition(['scan', file])).code, 0);
  assert.match((await project.interposition(['redact', file])).stdout, '0 interactions of 2 redacted');
});

test('the redaction that is in force counts: a field of the user’s own', async () => {
  const file = await write(project, 'own.json', made({ body: '{"badge":"visitor-12"}' }));
  assert.is((await project.interposition(['scan', file])).code, 0);
  const env = { INTERPOSITION_OPTIONS: '{"redact":{"json":["$.badge"]}}' };
  assert.is((await project.interposition(['scan', file], { env })).code, 1);
  await project.interposition(['redact', file], { env });
  assert.not.match(readFileSync(project.path(file), 'utf8'), 'visitor-12');
});

test('with secretlint installed, its rules are applied as well', async () => {
  const scanned = new Project();
  scanned.link('@secretlint/core', '@secretlint/secretlint-rule-preset-recommend');
  const file = await write(
    scanned,
    'lint.json',
    made({ type: 'text/plain', body: `see mongodb://ada:${'hunter'}2hunter2@db.example.com/x` }),
  );
  const env = { INTERPOSITION_OPTIONS: '{"redact":false}' };
  const { stdout, stderr } = await scanned.interposition(['scan', file, '--json'], { env });
  scanned.remove();
  assert.is(stderr, '');
  const [found] = JSON.parse(stdout);
  assert.equal([found.number, found.place], [1, 'response.body']);
  assert.match(found.rule, 'secretlint');
});

test('an option that cannot be used: exit code 2', async () => {
  const { code, stderr } = await project.interposition(['scan', 'own.json'], {
    env: { INTERPOSITION_OPTIONS: '{"redact":{"jsn":[]}}' },
  });
  assert.is(code, 2);
  assert.match(stderr, 'redact.jsn');
});

test.run();
