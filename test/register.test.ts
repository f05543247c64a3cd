import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { registerUrl } from './support/paths.js';
import { suite } from './support/suite.js';
import {
  type Api,
  type Ended,
  newFolder,
  type RunOptions,
  recordedIn,
  run,
  runPreloaded,
  startApi,
  undicis,
  withApi,
} from './support/ways-in.js';

const test = suite('the preload');

interface Runs {
  readonly recorded: Ended;
  readonly replayed: Ended;
  readonly cassette: string;
}

/** Records a program, stops the server, and replays the program. */
async function bothWays(
  program: string,
  args: (api: Api) => readonly string[],
  start: (program: string, args: readonly string[], options: RunOptions) => Promise<Ended> = runPreloaded,
): Promise<Runs> {
  const cassette = join(newFolder(), 'api.json');
  const settings = (mode: string) => ({
    env: { INTERPOSITION_MODE: mode, INTERPOSITION_CASSETTE: cassette },
  });
  const api = await startApi();
  try {
    const recorded = await start(program, args(api), settings('record'));
    await api.close();
    const replayed = await start(program, args(api), settings('replay'));
    return { recorded, replayed, cassette };
  } finally {
    await api.close();
  }
}

const newCassette = (cassette: string) => `interposition: recording into a new cassette, ${cassette}\n`;

for (const program of ['get.mjs', 'get.cjs']) {
  test(`an unchanged program is recorded, and replayed without a server: ${program}`, async () => {
    const { recorded, replayed, cassette } = await bothWays(program, ({ url }) => [
      `${url}/count/a`,
      `${url}/count/b`,
      `${url}/count/a`,
    ]);
    assert.is(recorded.stdout, '1\n1\n2\n');
    assert.is(recorded.stderr, newCassette(cassette));
    assert.is(recorded.code, 0);
    assert.equal(replayed, { ...recorded, stderr: '' });
  });
}

test('the preload may come through NODE_OPTIONS', async () => {
  const start = (program: string, args: readonly string[], options: RunOptions) =>
    run(program, args, { ...options, env: { ...options.env, NODE_OPTIONS: `--import ${registerUrl}` } });
  const { recorded, replayed } = await bothWays('get.mjs', ({ url }) => [`${url}/count/a`], start);
  assert.is(recorded.stdout, '1\n');
  assert.is(replayed.stdout, '1\n');
  assert.is(replayed.code, 0);
});

test('where nothing is said it replays __cassettes__/default.json of the working directory', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = [`${api.url}/count/a`];
    await runPreloaded('get.mjs', args, { cwd, env: { INTERPOSITION_MODE: 'record' } });
    assert.ok(existsSync(join(cwd, '__cassettes__/default.json')));
    const { stdout } = await runPreloaded('get.mjs', args, { cwd });
    assert.is(stdout, '1\n');
    assert.is(api.requests, 1);
  });
});

test('NODE_DEBUG=interposition tells a line a request', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = [`${api.url}/count/a`];
    const env = { NODE_DEBUG: 'interposition' };
    const recorded = await runPreloaded('get.mjs', args, {
      cwd,
      env: { ...env, INTERPOSITION_MODE: 'record' },
    });
    const replayed = await runPreloaded('get.mjs', args, { cwd, env });
    assert.match(recorded.stderr, new RegExp(`^INTERPOSITION \\d+: MISS GET ${api.url}/count/a$`, 'm'));
    assert.match(replayed.stderr, new RegExp(`^INTERPOSITION \\d+: HIT GET ${api.url}/count/a\n$`));
  });
});

test('a miss in replay fails the program’s fetch, and nothing is sent', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    await runPreloaded('get.mjs', [`${api.url}/count/a`], { cwd, env: { INTERPOSITION_MODE: 'record' } });
    const { code, stdout, stderr } = await runPreloaded('get.mjs', [`${api.url}/count/b`], { cwd });
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, new RegExp(`InteractionNotFoundError: MISS: GET ${api.url}/count/b is not in`));
    assert.is(api.requests, 1);
  });
});

const BAD_CASSETTES: readonly (readonly [title: string, cassette: string, message: RegExp])[] = [
  ['missing', 'missing.json', /missing\.json: the file does not exist\. Record it first/],
  ['a folder', '.', /it is a folder/],
  ['no path', 'file://host/x.json', /file: URL|cassette/],
];

for (const [title, cassette, message] of BAD_CASSETTES) {
  test(`a cassette that is ${title} ends a replay before it begins, with one line`, async () => {
    const { code, stdout, stderr } = await runPreloaded('get.mjs', [], {
      env: { INTERPOSITION_CASSETTE: cassette },
    });
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, /^interposition: [^\n]+\n$/);
    assert.match(stderr, message);
  });
}

// How the program ends

test('the program’s own exit code stays', async () => {
  const { recorded, replayed } = await bothWays('endings.mjs', ({ url }) => ['exit code', `${url}/count/a`]);
  assert.is(recorded.code, 7);
  assert.is(replayed.code, 7);
  assert.is(replayed.stdout, '1\n');
});

test('process.exit with an open response: that one is on disk as truncated, and the others whole', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = ['exit with an open response', `${api.url}/count/a`, `${api.url}/silent`];
    const recorded = await runPreloaded('endings.mjs', args, { cwd, env: { INTERPOSITION_MODE: 'record' } });
    assert.is(recorded.code, 3);
    assert.is(recorded.stdout, '1\nfirst\n');
    const interactions = await recordedIn(join(cwd, '__cassettes__/default.json'));
    assert.equal(
      interactions.map(({ body, metadata }) => [body, metadata.ended]),
      [
        ['1', 'whole'],
        ['first', 'truncated'],
      ],
    );
    const replayed = await runPreloaded('endings.mjs', args, { cwd });
    assert.is(replayed.code, 3);
    assert.is(replayed.stdout, recorded.stdout);
    assert.is(api.requests, 2);
  });
});

test('an uncaught exception ends the program as it does without the preload', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = ['throw', `${api.url}/count/a`];
    const plain = await run('endings.mjs', args);
    const recorded = await runPreloaded('endings.mjs', args, { cwd, env: { INTERPOSITION_MODE: 'record' } });
    const replayed = await runPreloaded('endings.mjs', args, { cwd });
    for (const { code, stderr } of [recorded, replayed]) {
      assert.is(code, plain.code);
      assert.match(stderr, /Error: thrown by the program/);
    }
    assert.is((await recordedIn(join(cwd, '__cassettes__/default.json'))).length, 1);
    assert.is(replayed.stdout, '2\n');
  });
});

test('nothing keeps the process alive when the program is done', async () => {
  const { recorded, replayed } = await bothWays('endings.mjs', ({ url }) => ['beforeExit', `${url}/count/a`]);
  for (const ended of [recorded, replayed]) {
    assert.is(ended.stdout, '1\nnothing is left to do\n');
    assert.is(ended.code, 0);
  }
});

test('a program that asks for nothing ends as if there were no preload, and leaves no file', async () => {
  const cwd = newFolder();
  const { code, stdout } = await runPreloaded('get.mjs', [], { cwd, env: { INTERPOSITION_MODE: 'record' } });
  assert.is(code, 0);
  assert.is(stdout, '');
  assert.not(existsSync(join(cwd, '__cassettes__')));
});

/** Runs a program that makes a file where the cassette's folder is to be: nothing can be saved, by whichever user. */
async function runSpoiled(how: string, url: string): Promise<Ended & { readonly cassette: string }> {
  const folder = join(newFolder(), 'spoiled');
  const cassette = join(folder, 'api.json');
  const env = { INTERPOSITION_MODE: 'record', INTERPOSITION_CASSETTE: cassette };
  return { ...(await runPreloaded('endings.mjs', [how, url, folder], { env })), cassette };
}

test('a save error that no request told of is printed, and fails the process', async () => {
  await withApi(async (api) => {
    const { code, stdout, stderr, cassette } = await runSpoiled('leave unread', `${api.url}/count/a`);
    assert.is(stdout, '200\n');
    assert.ok(stderr.includes(`\ninterposition: Cannot save the cassette ${cassette}: `), stderr);
    assert.is(stderr.split('Cannot save').length, 2, stderr);
    assert.is(code, 1);
  });
});

test('a save error that the program was told of, and lived with, does not fail the process', async () => {
  await withApi(async (api) => {
    const { code, stdout, stderr, cassette } = await runSpoiled('survive a failed fetch', `${api.url}/204`);
    assert.is(stdout, 'ERR_CASSETTE_SAVE\n');
    assert.is(stderr, newCassette(cassette));
    assert.is(code, 0);
  });
});

// What else is in the process

for (const undici of undicis) {
  test(`a program that gives ${undici} a global Agent of its own is recorded and replayed silently`, async () => {
    const args = ({ url }: Api) => [undici, `${url}/count/a`, `${url}/count/a`];
    const { recorded, replayed, cassette } = await bothWays('set-dispatcher.mjs', args);
    assert.is(recorded.stdout, '1\n2\n');
    assert.is(recorded.stderr, newCassette(cassette));
    assert.equal(replayed, { ...recorded, stderr: '' });
  });
}

for (const timers of ['setTimeout,setImmediate,clearTimeout', 'now']) {
  test(`a program that has replaced ${timers} is recorded and replayed`, async () => {
    const { recorded, replayed } = await bothWays('fake-timers.mjs', ({ url }) => [
      timers,
      `${url}/count/a`,
      `${url}/redirect/b`,
    ]);
    assert.is(recorded.stdout, '1\n1\n');
    assert.is(replayed.stdout, recorded.stdout);
    assert.is(replayed.code, 0);
  });
}

test('requests through node:http are recorded and replayed', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = [`${api.url}/count/a`, `${api.url}/count/a`];
    for (const mode of ['record', 'replay']) {
      const ended = await runPreloaded('node-http.mjs', args, { cwd, env: { INTERPOSITION_MODE: mode } });
      assert.is(ended.stdout, '1\n2\n', mode);
      assert.is(ended.code, 0);
    }
    assert.is(api.count('/count/a'), 2);
  });
});

test('requests through node:http go live with nodeHttp: false, and one notice says so', async () => {
  await withApi(async (api) => {
    const args = [`${api.url}/count/a`, `${api.url}/count/a`];
    const recorded = await runPreloaded('node-http.mjs', args, {
      cwd: newFolder(),
      env: { INTERPOSITION_MODE: 'record', INTERPOSITION_OPTIONS: '{"nodeHttp":false}' },
    });
    assert.is(recorded.stdout, '1\n2\n');
    const notices = recorded.stderr.split('\n').filter((line) => /node:http/.test(line));
    assert.is(notices.length, 1, recorded.stderr);
    assert.match(notices[0] ?? '', /^interposition: .*neither recorded nor replayed/);
    assert.is(recorded.code, 0);
  });
});

// Relatives of the process

for (const kind of ['worker', 'fork']) {
  test(`a ${kind} inherits the mode, the cassette and the session, and loses nobody’s recordings`, async () => {
    const { recorded, replayed, cassette } = await bothWays('family.mjs', ({ url }) => [
      kind,
      `${url}/count`,
    ]);
    assert.is(recorded.code, 0, recorded.stderr);
    assert.equal(recorded.stdout.trim().split('\n'), ['1', '1', '1', '2', '3']);
    assert.is(recorded.stderr, newCassette(cassette));
    const interactions = await recordedIn(cassette);
    assert.equal(
      interactions.map(({ target, body }) => `${new URL(target).pathname} ${body}`).sort(),
      ['parent 1', 'parent 2', 'parent 3', `${kind}-first 1`, `${kind}-second 1`]
        .map((entry) => `/count/${entry}`)
        .sort(),
    );
    assert.is(new Set(interactions.map(({ metadata }) => metadata.session)).size, 1);
    assert.is(new Set(interactions.map(({ metadata }) => metadata.lane)).size, 3);

    assert.is(replayed.code, 0, replayed.stderr);
    assert.is(replayed.stdout, recorded.stdout);
    assert.is(replayed.stderr, '');
  });
}

test('a second recording takes the place of the whole family’s first', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const env = { INTERPOSITION_MODE: 'record' };
    for (let round = 0; round < 2; round++) {
      await runPreloaded('family.mjs', ['fork', `${api.url}/count`], { cwd, env });
    }
    const interactions = await recordedIn(join(cwd, '__cassettes__/default.json'));
    assert.equal(interactions.map(({ body }) => body).sort(), ['2', '2', '4', '5', '6']);
  });
});

test('a replay leaves the file as it is', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = [`${api.url}/count/a`];
    await runPreloaded('get.mjs', args, { cwd, env: { INTERPOSITION_MODE: 'record' } });
    const file = join(cwd, '__cassettes__/default.json');
    const before = readFileSync(file);
    await runPreloaded('get.mjs', args, { cwd });
    assert.equal(readFileSync(file), before);
  });
});

test.run();
