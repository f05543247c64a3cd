import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  type CassetteStore,
  InteractionNotFoundError,
  InvalidOptionError,
  installInterposition,
  MemoryCassetteStore,
  withCassette,
} from '../src/index.js';
import { suite } from './support/suite.js';
import {
  type Api,
  deferred,
  FailingStore,
  failureOf,
  GatedStore,
  newFolder,
  recordedIn,
  recordingsOf,
  runWithLibrary,
  startApi,
  stderrDuring,
  textOf,
  withApi,
  withEnvironment,
  within,
} from './support/ways-in.js';

const test = suite('withCassette');

test.before.each(() => process.chdir(newFolder()));

async function pathsIn(file: string): Promise<string[]> {
  return (await recordedIn(file)).map(({ target }) => new URL(target).pathname);
}

async function ask(api: Api, path: string, times: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let n = 0; n < times; n++) {
    bodies.push(await textOf(api.url + path));
  }
  return bodies;
}

// The three forms

test('a name and a function', async () => {
  await withApi(async (api) => {
    assert.is(await withCassette('users/get-one', () => textOf(`${api.url}/count/a`)), '1');
    assert.equal(await pathsIn('__cassettes__/users/get-one.json'), ['/count/a']);
  });
});

test('options and a function', async () => {
  await withApi(async (api) => {
    const cassette = pathToFileURL(join(process.cwd(), 'my own.json'));
    const answer = withCassette({ cassette, mode: 'record' }, () => textOf(`${api.url}/count/a`));
    assert.is(await answer, '1');
    assert.equal(await pathsIn('my own.json'), ['/count/a']);
  });
});

test('a function alone: its own name is the cassette’s', async () => {
  await withApi(async (api) => {
    async function findUser() {
      return textOf(`${api.url}/count/a`);
    }
    assert.is(await withCassette(findUser), '1');
    assert.equal(await pathsIn('__cassettes__/findUser.json'), ['/count/a']);
  });
});

test('a function without a name: the calling file’s is the cassette’s', async () => {
  await withApi(async (api) => {
    assert.is(await withCassette(() => textOf(`${api.url}/count/a`)), '1');
    assert.equal(readdirSync('__cassettes__'), ['with-cassette.test.json']);
    await withCassette({ mode: 'record' }, async () => textOf(`${api.url}/count/b`));
    assert.equal(readdirSync('__cassettes__'), ['with-cassette.test.json']);
  });
});

test('unnamed scopes of one file all record where there was no cassette, and then all replay', async () => {
  const api = await startApi();
  const cwd = newFolder();
  const settings = { urls: [`${api.url}/count/a`, `${api.url}/count/b`] };
  const first = await runWithLibrary<string[]>('unnamed.mjs', settings, { cwd });
  assert.equal(first.answer, ['1', '1']);
  await api.close();
  const second = await runWithLibrary<string[]>('unnamed.mjs', settings, { cwd });
  assert.equal(second.answer, ['1', '1']);
  assert.is(second.stderr, '');
});

test('without a mode, a scope replays what an earlier scope of this process recorded, and adds the rest', async () => {
  const api = await startApi();
  const cassette = join(newFolder(), 'continued.json');
  const ask = (path: string) => async () => (await fetch(`${api.url}/count/${path}`)).text();
  assert.is(await withCassette({ cassette }, ask('a')), '1');
  assert.is(await withCassette({ cassette }, ask('b')), '1');
  await api.close();
  assert.is(await withCassette({ cassette }, ask('a')), '1');
  assert.is(await withCassette({ cassette }, ask('b')), '1');
});

// What the function does

test('what the function gives is what the scope gives', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const options = { store, mode: 'record' } as const;
  const value: number = await withCassette(options, () => 42);
  assert.is(value, 42);
  assert.is(await withCassette(options, async () => undefined), undefined);
});

test('what the function throws is what the scope throws, whether at once or later', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const own = new Error('the function’s own');
  const throwing = () => {
    throw own;
  };
  assert.is(await failureOf(() => withCassette({ store, mode: 'record' }, throwing)), own);
  assert.is(await failureOf(() => withCassette({ store, mode: 'record' }, async () => throwing())), own);
  assert.is(await failureOf(() => withCassette({ store: new FailingStore() }, throwing)), own);
});

test('a function that fails keeps what it recorded, and its own error comes before a failed save', async () => {
  await withApi(async (api) => {
    const own = new Error('the function’s own');
    const failing = async () => {
      await fetch(`${api.url}/count/a`);
      throw own;
    };
    assert.is(await failureOf(() => withCassette('failing', failing)), own);
    assert.equal(await pathsIn('__cassettes__/failing.json'), ['/count/a']);
    const store = new FailingStore();
    assert.is(await failureOf(() => withCassette({ store, mode: 'record' }, failing)), own);
    assert.ok(store.attempts > 0);
  });
});

test('without a function there is no scope', async () => {
  const scope = withCassette as (...args: unknown[]) => Promise<unknown>;
  for (const args of [[], ['name'], [{ mode: 'record' }], ['name', 'no function'], [() => {}, 'name']]) {
    assert.instance(await failureOf(() => scope(...args)), InvalidOptionError);
  }
  assert.instance(await failureOf(() => scope('', () => {})), InvalidOptionError);
  assert.not(existsSync('__cassettes__'));
});

// The mode

test('without a mode a missing cassette is recorded, with a line on stderr, and then replayed', async () => {
  const api = await startApi();
  const cwd = newFolder();
  const settings = { scopes: [{ options: { name: 'x' }, urls: [`${api.url}/count/a`] }] };
  const first = await runWithLibrary<string[][]>('scopes.mjs', settings, { cwd });
  assert.equal(first.answer, [['1']]);
  const file = join(cwd, '__cassettes__/x.json');
  assert.is(first.stderr, `interposition: recording into a new cassette, ${file}\n`);
  await api.close();
  const second = await runWithLibrary<string[][]>('scopes.mjs', settings, { cwd });
  assert.equal(second.answer, [['1']]);
  assert.is(second.stderr, '');
});

test('in CI a missing cassette is an error, and nothing is asked of anybody', async () => {
  await withApi(async (api) => {
    await withEnvironment({ CI: 'true' }, async () => {
      let ran = false;
      const run = () => {
        ran = true;
        return textOf(`${api.url}/count/a`);
      };
      const failure = await failureOf(() => withCassette('missing', run));
      assert.instance(failure, CassetteLoadError);
      assert.ok(failure.message.includes(join('__cassettes__', 'missing.json')), failure.message);
      assert.is(ran, false);
      assert.is(api.requests, 0);
      assert.not(existsSync('__cassettes__'));
      assert.is(await withCassette({ name: 'missing', mode: 'record' }, run), '1');
      assert.is(await withCassette('missing', run), '1');
    });
    await withEnvironment({ CI: 'false' }, async () => {
      assert.is(await withCassette('other', () => textOf(`${api.url}/count/a`)), '2');
    });
    assert.is(api.requests, 2);
  });
});

test('a miss in replay reaches the program, names the cassette, and sends nothing', async () => {
  await withApi(async (api) => {
    await withCassette('x', () => textOf(`${api.url}/count/a`));
    const failure = await failureOf(() =>
      withCassette({ name: 'x', mode: 'replay' }, () => fetch(`${api.url}/count/b`)),
    );
    assert.instance(failure.cause, InteractionNotFoundError);
    assert.ok((failure.cause as Error).message.includes(join('__cassettes__', 'x.json')));
    assert.is(api.requests, 1);
  });
});

test('a replay writes nothing', async () => {
  await withApi(async (api) => {
    await withCassette({ name: 'x', mode: 'record' }, () => ask(api, '/count/a', 2));
    const before = readFileSync('__cassettes__/x.json');
    await withCassette({ name: 'x', mode: 'replay' }, () => ask(api, '/count/a', 3));
    assert.equal(readFileSync('__cassettes__/x.json'), before);
    assert.equal(readdirSync('__cassettes__'), ['x.json']);
  });
});

test('a cassette whose place is taken by a folder is a CassetteLoadError in every mode', async () => {
  mkdirSync('__cassettes__/x.json', { recursive: true });
  for (const mode of ['record', 'auto', 'replay'] as const) {
    assert.instance(await failureOf(() => withCassette({ name: 'x', mode }, () => {})), CassetteLoadError);
  }
});

// Scopes beside each other, in each other, after each other

test('50 scopes at once each have their own cassette and mode, and do not see each other', async () => {
  await withApi(async (api) => {
    const numbers = Array.from({ length: 50 }, (_, index) => index);
    const replaying = numbers.filter((n) => n % 2 === 1);
    // All ask for one URL, which answers with a number of its own each time.
    const work = () => ask(api, '/count/shared', 2);
    const earlier = new Map<number, string[]>();
    for (const n of replaying) {
      earlier.set(n, await withCassette({ name: `s${n}`, mode: 'record' }, work));
    }
    const askedBefore = api.requests;

    const allInside = barrier(numbers.length);
    const answers = await Promise.all(
      numbers.map((n) => {
        const mode: BrokerMode = n % 2 === 1 ? 'replay' : 'record';
        return withCassette({ name: `s${n}`, mode }, async () => {
          await allInside();
          return work();
        });
      }),
    );

    assert.is(api.requests - askedBefore, 2 * (numbers.length - replaying.length));
    for (const n of numbers) {
      const inFile = (await recordedIn(`__cassettes__/s${n}.json`)).map(({ body }) => body);
      assert.equal(answers[n], earlier.get(n) ?? inFile);
      assert.equal(inFile, answers[n]);
    }
    assert.is(new Set(answers.flat()).size, 2 * numbers.length);
  });
});

/** Holds everybody back until all are there. */
function barrier(size: number): () => Promise<void> {
  const { promise, resolve } = deferred();
  let there = 0;
  return () => {
    if (++there === size) {
      resolve();
    }
    return promise;
  };
}

class WatchedStore extends MemoryCassetteStore {
  loads = 0;
  saving = 0;
  savingAtOnce = 0;

  constructor() {
    super({ createIfMissing: true });
  }

  override load(): Promise<Cassette> {
    this.loads++;
    return super.load();
  }

  override async save(cassette: Cassette): Promise<void> {
    this.savingAtOnce = Math.max(this.savingAtOnce, ++this.saving);
    await new Promise((resolve) => setImmediate(resolve));
    await super.save(cassette);
    this.saving--;
  }
}

test('scopes that are open at once on one cassette share it', async () => {
  await withApi(async (api) => {
    const store = new WatchedStore();
    const allInside = barrier(20);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        withCassette({ store, mode: 'record' }, async () => {
          await allInside();
          await textOf(`${api.url}/count/${n}`);
          await textOf(`${api.url}/count/shared`);
        }),
      ),
    );
    assert.is(store.loads, 1);
    assert.is(store.savingAtOnce, 1);
    const recorded = recordingsOf(await store.load()).map(({ target }) => new URL(target).pathname);
    assert.is(recorded.filter((path) => path === '/count/shared').length, 20);
    assert.is(new Set(recorded).size, 21);
    assert.is(recorded.length, 40);
  });
});

test('scopes that are open at once on one file lose nothing, in whichever way they name it', async () => {
  await withApi(async (api) => {
    const path = join(process.cwd(), '__cassettes__/x.json');
    const names = [{ name: 'x' }, { cassette: path }, { cassette: pathToFileURL(path) }];
    const options = [...names, ...names.map((name) => ({ ...name, playback: 'first' as const }))];
    const allInside = barrier(options.length);
    await Promise.all(
      options.map((own, n) =>
        withCassette({ ...own, mode: 'record' }, async () => {
          await allInside();
          await textOf(`${api.url}/count/${n}`);
        }),
      ),
    );
    assert.equal((await pathsIn(path)).sort(), options.map((_, n) => `/count/${n}`).sort());
  });
});

test('a scope that is entered while another one of its cassette ends loses nothing', async () => {
  await withApi(async (api) => {
    const scope = (n: number) =>
      withCassette({ name: 'x', mode: 'record' }, () => textOf(`${api.url}/count/${n}`));
    const scopes: Promise<string>[] = [];
    for (let n = 0; n < 30; n++) {
      scopes.push(scope(n));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(
      await Promise.all(scopes),
      scopes.map(() => '1'),
    );
    assert.is(new Set(await pathsIn('__cassettes__/x.json')).size, 30);
    assert.is((await pathsIn('__cassettes__/x.json')).length, 30);
  });
});

test('scopes without a mode that are open at once on a missing cassette all record', async () => {
  await withApi(async (api) => {
    const recorded = deferred();
    const first = withCassette('x', async () => {
      const answer = await textOf(`${api.url}/count/a`);
      recorded.resolve();
      await second;
      return answer;
    });
    const second = recorded.promise.then(() => withCassette('x', () => textOf(`${api.url}/count/b`)));
    assert.equal(await Promise.all([first, second]), ['1', '1']);
  });
});

test('of nested scopes the inner one answers, and outside of it the outer one again', async () => {
  await withApi(async (api) => {
    await withCassette('outer', async () => {
      await textOf(`${api.url}/1`);
      await withCassette('inner', async () => {
        await textOf(`${api.url}/2`);
        await Promise.all([textOf(`${api.url}/3`), textOf(`${api.url}/4`)]);
      });
      await textOf(`${api.url}/5`);
    });
    assert.equal(await pathsIn('__cassettes__/outer.json'), ['/1', '/5']);
    assert.equal((await pathsIn('__cassettes__/inner.json')).sort(), ['/2', '/3', '/4']);
  });
});

test('a scope may be nested in one of its own name', async () => {
  await withApi(async (api) => {
    const inner = () => withCassette({ name: 'x', mode: 'record' }, () => textOf(`${api.url}/2`));
    await withCassette({ name: 'x', mode: 'record' }, async () => {
      await textOf(`${api.url}/1`);
      await inner();
      await textOf(`${api.url}/3`);
    });
    assert.equal(await pathsIn('__cassettes__/x.json'), ['/1', '/2', '/3']);
  });
});

test('a scope comes before an installation, which has the rest', async () => {
  await withApi(async (api) => {
    const interposition = await installInterposition('record', { cassette: 'installed.json' });
    await textOf(`${api.url}/1`);
    await withCassette('scope', () => textOf(`${api.url}/2`));
    await textOf(`${api.url}/3`);
    await interposition.uninstall();
    await textOf(`${api.url}/4`);
    await withCassette('scope-after', () => textOf(`${api.url}/5`));
    assert.equal(await pathsIn('installed.json'), ['/1', '/3']);
    assert.equal(await pathsIn('__cassettes__/scope.json'), ['/2']);
    assert.equal(await pathsIn('__cassettes__/scope-after.json'), ['/5']);
  });
});

test('requests outside of every scope are left alone', async () => {
  await withApi(async (api) => {
    await withCassette('x', () => textOf(`${api.url}/1`));
    const stderr = await stderrDuring(() => textOf(`${api.url}/2`));
    assert.is(stderr, '');
    assert.equal(await pathsIn('__cassettes__/x.json'), ['/1']);
  });
});

test('two scopes of one name, one after the other, keep both stories', async () => {
  const api = await startApi();
  const cwd = newFolder();
  const urls = [`${api.url}/count/poll`, `${api.url}/count/poll`];
  const scopes = (mode: BrokerMode, times: number) => ({
    scopes: Array.from({ length: times }, () => ({ options: { name: 'poll', mode }, urls })),
  });
  const told = async (mode: BrokerMode, times: number) =>
    (await runWithLibrary<string[][]>('scopes.mjs', scopes(mode, times), { cwd })).answer;

  const stories = [
    ['1', '2'],
    ['3', '4'],
  ];
  assert.equal(await told('record', 2), stories);
  await api.close();
  assert.equal(await told('replay', 2), stories);
  // A watch mode runs everything again in one process.
  assert.equal(await told('replay', 4), [...stories, ...stories]);
});

test('a recording takes the place of an earlier run’s, and leaves its other requests', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const settings = (paths: readonly string[]) => ({
      scopes: [{ options: { name: 'x', mode: 'record' }, urls: paths.map((path) => api.url + path) }],
    });
    await runWithLibrary('scopes.mjs', settings(['/count/a', '/count/a', '/count/b']), { cwd });
    await runWithLibrary('scopes.mjs', settings(['/count/a']), { cwd });
    const recorded = await recordedIn(join(cwd, '__cassettes__/x.json'));
    assert.equal(
      recorded.map(({ target, body }) => [new URL(target).pathname, body]),
      [
        ['/count/b', '1'],
        ['/count/a', '3'],
      ],
    );
  });
});

test('a scope that is entered again starts anew', async () => {
  const api = await startApi();
  await withCassette({ name: 'retried', mode: 'record' }, () => ask(api, '/count/poll', 3));
  await api.close();
  let attempts = 0;
  const attempt = () =>
    withCassette({ name: 'retried', mode: 'replay' }, async () => {
      const first = await ask(api, '/count/poll', 2);
      if (++attempts === 1) {
        throw new Error('flaky');
      }
      return [...first, ...(await ask(api, '/count/poll', 2))];
    });
  assert.is((await failureOf(attempt)).message, 'flaky');
  assert.equal(await attempt(), ['1', '2', '3', '3']);
});

test('the stories of one store are told from their beginning, whatever other stores were used for', async () => {
  const api = await startApi();
  const open = (store: MemoryCassetteStore, mode: BrokerMode) =>
    withCassette({ store, mode }, () => ask(api, '/count/poll', 2));
  const told: { store: MemoryCassetteStore; stories: string[][] }[] = [];
  for (let round = 0; round < 4; round++) {
    await open(new MemoryCassetteStore({ createIfMissing: true }), 'record');
    const store = new MemoryCassetteStore({ createIfMissing: true });
    told.push({ store, stories: [await open(store, 'record'), await open(store, 'record')] });
  }
  await api.close();
  for (const { store, stories } of told) {
    assert.equal([await open(store, 'replay'), await open(store, 'replay')], stories);
  }
});

// What outlives the function

test('a body that nobody reads is recorded whole', async () => {
  await withApi(async (api) => {
    await withCassette('x', async () => (await fetch(`${api.url}/count/a`)).status);
    const [recorded] = await recordedIn('__cassettes__/x.json');
    assert.is(recorded?.body, '1');
    assert.is(recorded?.metadata.ended, 'whole');
  });
});

test('a request that nobody awaits is recorded', async () => {
  await withApi(async (api) => {
    await withCassette('x', () => {
      void fetch(`${api.url}/count/a`);
    });
    assert.equal(await pathsIn('__cassettes__/x.json'), ['/count/a']);
  });
});

for (const path of ['/silent', '/chatty']) {
  test(`a response that never ends is cut off, with a warning: ${path}`, async () => {
    await withApi(async (api) => {
      let response: Response | undefined;
      const scope = withCassette({ name: 'x', mode: 'record', bodyWait: 200 }, async () => {
        response = await fetch(api.url + path);
      });
      const stderr = await stderrDuring(() => within(4000, scope));
      const warning = `interposition: GET ${api.url}${path} was still open when its scope ended`;
      assert.ok(stderr.includes(warning), stderr);
      const [recorded] = await recordedIn('__cassettes__/x.json');
      assert.is(recorded?.metadata.ended, 'truncated');
      assert.ok(recorded?.body.startsWith('first'));
      await response?.body?.cancel();
    });
  });
}

test('a request that is made after its scope has ended is recorded, and replayed', async () => {
  await withApi(async (api) => {
    const askLater = async (mode: BrokerMode) => {
      const { promise, resolve } = deferred();
      let late: Promise<string> | undefined;
      await withCassette({ name: 'x', mode }, async () => {
        await textOf(`${api.url}/count/early`);
        late = promise.then(() => textOf(`${api.url}/count/late`));
      });
      resolve();
      return late;
    };
    assert.is(await askLater('record'), '1');
    assert.equal(await pathsIn('__cassettes__/x.json'), ['/count/early', '/count/late']);
    assert.is(await askLater('replay'), '1');
    assert.is(api.requests, 2);
  });
});

test('the save error of a request that is made after its scope has ended is told', async () => {
  await withApi(async (api) => {
    const { promise, resolve } = deferred();
    const store = new SwitchedStore();
    let late: Promise<number> | undefined;
    await withCassette({ store, mode: 'record' }, async () => {
      late = promise.then(async () => (await fetch(`${api.url}/count/late`)).status);
    });
    store.broken = true;
    const stderr = await stderrDuring(async () => {
      resolve();
      assert.is(await late, 200);
      await store.failed.promise;
      // An exchange of its own leaves time for what follows the failure.
      await textOf(`${api.url}/count/other`);
    });
    assert.match(stderr, /^interposition: Cannot save the cassette the switched store: broken\.\n$/);
  });
});

/** Works until it is broken. */
class SwitchedStore implements CassetteStore {
  readonly location = 'the switched store';
  readonly failed = deferred();
  broken = false;

  async load(): Promise<Cassette> {
    return new Cassette();
  }

  async save(): Promise<void> {
    if (this.broken) {
      this.failed.resolve();
      throw new Error('broken');
    }
  }
}

// Saves that fail

test('a save error that no request told of rejects the scope', async () => {
  await withApi(async (api) => {
    const store = new FailingStore();
    const failure = await failureOf(() =>
      withCassette({ store, mode: 'record' }, async () => (await fetch(`${api.url}/count/a`)).status),
    );
    assert.instance(failure, CassetteSaveError);
    assert.match(failure.message, /the failing store.*no space left/);
    assert.is((failure.cause as Error).message, 'no space left');
  });
});

test('a save error that a request told of is not raised twice', async () => {
  await withApi(async (api) => {
    const told = await withCassette({ store: new FailingStore(), mode: 'record' }, () =>
      failureOf(() => fetch(`${api.url}/204`)),
    );
    assert.instance(told.cause, CassetteSaveError);
  });
});

test('a save that fails once and then works loses nothing', async () => {
  await withApi(async (api) => {
    const store = new SwitchedMemory();
    store.broken = true;
    await withCassette({ store, mode: 'record' }, async () => {
      await failureOf(() => fetch(`${api.url}/204`));
      store.broken = false;
    });
    assert.equal(
      recordingsOf(await store.load()).map(({ target }) => new URL(target).pathname),
      ['/204'],
    );
  });
});

class SwitchedMemory extends MemoryCassetteStore {
  broken = false;

  constructor() {
    super({ createIfMissing: true });
  }

  override async save(cassette: Cassette): Promise<void> {
    if (this.broken) {
      throw new Error('broken');
    }
    return super.save(cassette);
  }
}

test('the scope ends when its last save is done', async () => {
  await withApi(async (api) => {
    const store = new GatedStore();
    let ended = false;
    const scope = withCassette({ store, mode: 'record' }, async () => {
      await fetch(`${api.url}/count/a`);
    }).then(() => {
      ended = true;
    });
    await store.reached(api);
    assert.is(ended, false);
    store.gate.resolve();
    await scope;
    assert.is(recordingsOf(store.saved).length, 1);
  });
});

test('a cassette that cannot be opened fails its scope only, and can be opened later', async () => {
  await withApi(async (api) => {
    const bad = () => withCassette({ name: 'late', mode: 'replay' }, () => textOf(`${api.url}/count/a`));
    const failures = await Promise.all([failureOf(bad), failureOf(bad)]);
    assert.ok(failures.every((failure) => failure instanceof CassetteLoadError));
    await withCassette({ name: 'late', mode: 'record' }, () => textOf(`${api.url}/count/a`));
    assert.is(await bad(), '1');
  });
});

test.run();
