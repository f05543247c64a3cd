import { existsSync, symlinkSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { harProblems } from '../support/har-schema.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: export');
const project = new Project();
test.after(() => project.remove());

const recorded = [
  ['recorded_at', '2026-11-20T10:00:00.000Z'],
  ['session', 's'],
  ['ended', 'truncated'],
] as const;
const two = () => [
  made({ body: '{"id":7}', metadata: recorded }),
  made({ action: 'POST', requestBody: 'x', type: 'image/png', body: Uint8Array.of(0x89, 0xff) }),
];

test('a HAR file that is valid, and what it has no place for', async () => {
  const file = await write(project, 'two.json', ...two());
  const { code, stdout, stderr } = await project.interposition(['export', file, '--to', 'two.har']);
  assert.equal({ code, stderr }, { code: 0, stderr: '' });
  assert.is(
    stdout,
    [
      'two.har: 2 interactions exported',
      'What HAR has no place for:',
      '  entry 1: that the response was cut off: HAR has no place for it; it is in the field _interposition, for an import',
      '  entry 1: session, lane and other metadata: HAR has no place for it; it is in the field _interposition, for an import',
      '  entry 2: startedDateTime: nothing says when it was recorded: it is 1970-01-01T00:00:00.000Z',
      '',
    ].join('\n'),
  );
  const har = JSON.parse(project.read('two.har'));
  assert.equal(harProblems(har), []);
  const { version } = JSON.parse(project.read('node_modules/interposition/package.json'));
  assert.equal(har.log.creator, { name: 'interposition', version });
});

test('an import of it is the same cassette, to the letter', async () => {
  await write(project, 'back-and-forth.json', ...two());
  await project.interposition(['export', 'back-and-forth.json', '--to', 'a.har']);
  await project.interposition(['import', 'a.har', '--to', 'again.json']);
  assert.is(project.read('again.json'), project.read('back-and-forth.json'));
  assert.is((await read(project, 'again.json')).length, 2);
});

test('--to - writes to stdout, and the list to stderr, as JSON with --json', async () => {
  const file = await write(project, 'stdout.json', ...two());
  const { code, stdout, stderr } = await project.interposition(['export', file, '--to', '-', '--json']);
  assert.is(code, 0);
  assert.is(JSON.parse(stdout).log.entries.length, 2);
  const { exported, notCarriedOver } = JSON.parse(stderr);
  assert.is(exported, 2);
  assert.equal(
    notCarriedOver.map(({ entry, what }: { entry: number; what: string }) => `${entry} ${what}`),
    ['1 that the response was cut off', '1 session, lane and other metadata', '2 startedDateTime'],
  );
});

type Failure = readonly [title: string, args: readonly string[], said: string];
const failures: readonly Failure[] = [
  ['a missing cassette', ['none.json', '--to', 'x.har'], 'none.json: the file does not exist'],
  ['a foreign one', ['foreign.json', '--to', 'x.har'], 'foreign.json: it is not a cassette'],
  ['no target', ['sole.json'], "required option '--to <file>' not specified"],
  ['the cassette as the target', ['sole.json', '--to', './sole.json'], 'is the cassette itself'],
  ['a link to it', ['sole.json', '--to', 'link.har'], 'is the cassette itself'],
  ['a folder that is not there', ['sole.json', '--to', 'no/such/x.har'], 'cannot write no/such/x.har: '],
];
for (const [title, args, said] of failures) {
  test(`${title}: exit code 2, and nothing is written`, async () => {
    if (!existsSync(project.path('sole.json'))) {
      await write(project, 'sole.json', made({ body: '{}' }));
      symlinkSync('sole.json', project.path('link.har'));
    }
    project.write('foreign.json', '{"log":{}}');
    const before = project.read('sole.json');
    const { code, stdout, stderr } = await project.interposition(['export', ...args]);
    assert.equal({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, said);
    assert.is(project.read('sole.json'), before);
    assert.not.ok(existsSync(project.path('x.har')));
  });
}

test.run();
