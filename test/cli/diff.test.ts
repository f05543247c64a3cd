import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, write } from './cassettes.js';

const test = suite('the command: diff');
const project = new Project();
test.after(() => project.remove());

const url = (path: string) => `https://api.example.com${path}`;

test('by request: what was added, what was removed, and where answers differ, JSON by its structure', async () => {
  await write(
    project,
    'old.json',
    made({
      target: url('/same'),
      body: '{"a":1,"b":2}',
      headers: [['date', 'Mon, 02 Nov 2026 08:30:00 GMT']],
    }),
    made({ target: url('/users'), body: '{"users":[{"name":"Ada"},{"name":"Bob"}],"page":1}' }),
    made({ target: url('/gone'), body: '1' }),
  );
  await write(
    project,
    'new.json',
    made({ target: url('/new'), action: 'POST', body: '1' }),
    made({
      target: url('/same'),
      body: '{ "b": 2, "a": 1 }',
      headers: [['date', 'Tue, 03 Nov 2026 08:30:00 GMT']],
    }),
    made({ target: url('/users'), status: 206, body: '{"users":[{"name":"Ada"},{"name":"Eve"}]}' }),
  );
  const { code, stdout, stderr } = await project.interposition(['diff', 'old.json', 'new.json']);
  assert.equal({ code, stderr }, { code: 1, stderr: '' });
  assert.is(
    stdout,
    [
      '~ GET https://api.example.com/users',
      '    status: 200 → 206',
      '    body.users[1].name: "Bob" → "Eve"',
      '    body.page: 1 → absent',
      '- GET https://api.example.com/gone',
      '+ POST https://api.example.com/new',
      '',
    ].join('\n'),
  );
  const json = JSON.parse((await project.interposition(['diff', 'old.json', 'new.json', '--json'])).stdout);
  assert.equal(json[0].differences[0], { place: 'status', recorded: '200', actual: '206' });
  assert.equal(
    json.map(({ kind }: { kind: string }) => kind),
    ['changed', 'removed', 'added'],
  );
});

test('repeats of one request are compared in their order', async () => {
  await write(
    project,
    'polled.json',
    made({ body: '{"state":"waiting"}' }),
    made({ body: '{"state":"done"}' }),
  );
  await write(
    project,
    'again.json',
    made({ body: '{"state":"waiting"}' }),
    made({ body: '{"state":"failed"}' }),
  );
  const { stdout } = await project.interposition(['diff', 'polled.json', 'again.json']);
  assert.is(stdout, '~ GET https://api.example.com/users/7\n    body.state: "done" → "failed"\n');
});

test('equal cassettes: no output, exit code 0', async () => {
  const file = await write(project, 'one.json', made({ body: '{}' }));
  const { code, stdout } = await project.interposition(['diff', file, file]);
  assert.equal({ code, stdout }, { code: 0, stdout: '' });
});

test('a missing file: exit code 2, which is no difference', async () => {
  const { code, stderr } = await project.interposition(['diff', 'one.json', 'none.json']);
  assert.is(code, 2);
  assert.match(stderr, 'none.json: the file does not exist');
});

test.run();
