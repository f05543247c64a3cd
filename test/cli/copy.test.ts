import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: copy');
const project = new Project();
test.after(() => project.remove());

const MANY = Array.from({ length: 250 }, (_, n) =>
  made({ target: `https://api.example.com/users/${n}`, body: `{"id":${n}}` }),
);

test('a cassette is copied to a file that was missing, in its order', async () => {
  const from = await write(project, 'from.json', ...MANY);
  const { code, stdout, stderr } = await project.interposition(['copy', from, 'sub/to.json']);
  assert.equal({ code, stderr }, { code: 0, stderr: '' });
  assert.is(stdout, `${project.path('sub/to.json')}: 250 interactions added\n`);
  assert.is(project.read('sub/to.json'), project.read(from));
});

test('what is there stays, and is not added again', async () => {
  const [a, b, c] = MANY.slice(0, 3) as [(typeof MANY)[0], (typeof MANY)[0], (typeof MANY)[0]];
  const from = await write(project, 'some.json', a, b, b);
  const to = await write(project, 'there.json', c, b);
  const { stdout } = await project.interposition(['copy', from, to]);
  assert.is(stdout, `${project.path(to)}: 2 interactions added; 1 was there already\n`);
  assert.equal(
    (await read(project, to)).map(({ request }) => request.target),
    [c, b, a, b].map(({ request }) => request.target),
  );
  const again = await project.interposition(['copy', from, to]);
  assert.is(again.stdout, `${project.path(to)}: 0 interactions added; 3 were there already\n`);
});

test('what a copy that was stopped has left out comes in its place', async () => {
  const from = await write(project, 'all.json', ...MANY.slice(0, 4));
  for (const [name, there] of [
    ['hole.json', [0, 2, 3]],
    ['holes.json', [1, 3]],
  ] as const) {
    const to = await write(project, name, ...there.map((n) => MANY[n] as (typeof MANY)[0]));
    const { stdout } = await project.interposition(['copy', from, to]);
    assert.is(
      stdout,
      `${project.path(to)}: ${4 - there.length} ${there.length === 3 ? 'interaction' : 'interactions'} added; ${there.length} were there already\n`,
    );
    assert.is(project.read(to), project.read(from));
  }
});

test('nothing is copied from what is missing, nor to itself, nor to what is no address', async () => {
  const from = await write(project, 'one.json', made({ body: 'x' }));
  for (const [args, message] of [
    [['missing.json', 'new.json'], /missing\.json.*does not exist/],
    [[from, `./${from}`], /is both what is copied and where it goes/],
    [[from, 'redis://me:secret-word@127.0.0.1:1'], /names no cassette; write redis/],
    [[from, 'ftp://host/x'], /ftp: is no kind of address/],
  ] as const) {
    const { code, stdout, stderr } = await project.interposition(['copy', ...args]);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, message);
    assert.not.match(stderr, /secret-word|\n./);
  }
  assert.not(existsSync(project.path('new.json')));
});

// `script` of util-linux gives a program a terminal.
const hasScript = spawnSync('script', ['--version']).status === 0;

test.skipUnless(hasScript, 'there is no script(1) here, which gives a program a terminal')(
  'on a terminal a bar says how far it has come, and is gone at the end',
  async () => {
    const from = await write(project, 'long.json', ...MANY);
    const shown = await project.onTerminal(['copy', from, 'shown.json']);
    assert.match(shown, /copying \[[= ]+\] \d+ of 250/);
    assert.match(shown, /shown\.json: 250 interactions added/);
    const scanned = await project.onTerminal(['scan', 'shown.json']);
    assert.match(scanned, /scanning \[[= ]+\] \d+ of 250/);
  },
);

test.skipUnless(hasScript, 'there is no script(1) here, which gives a program a terminal')(
  'Ctrl-C ends it under its bar, leaves the terminal as it was, and it goes on where it is begun once more',
  async () => {
    const from = await write(project, 'longer.json', ...MANY);
    // The first thing that the bar shows is followed by a Ctrl-C.
    const keys = project.write(
      'ctrl-c.mjs',
      `const { write } = process.stderr;
       process.stderr.write = function (...given) {
         if (String(given[0]).includes('copying')) {
           process.stderr.write = write;
           process.kill(process.pid, 'SIGINT');
         }
         return write.apply(this, given);
       };`,
    );
    const env = { NODE_OPTIONS: `--import=${keys}` };
    const shown = await project.onTerminal(['copy', from, 'stopped.json'], { env });
    assert.not.match(shown, /interactions added/);
    for (const setting of ['25', '7']) {
      const changes = [...shown.matchAll(new RegExp(`\\x1b\\[\\?${setting}([lh])`, 'g'))];
      assert.is.not(changes.at(-1)?.[1], 'l', `of the terminal, ${setting} is switched off`);
    }
    const again = await project.interposition(['copy', from, 'stopped.json']);
    assert.match(again.stdout, /added/);
    assert.is(project.read('stopped.json'), project.read(from));
  },
);

test.run();
