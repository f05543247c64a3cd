import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  type CassetteStore,
  InteractionNotFoundError,
  installInterposition,
} from '../src/index.js';
import { suite } from './support/suite.js';
import {
  FailingStore,
  failureOf,
  GatedStore,
  newFolder,
  recordedIn,
  recordingsOf,
  run,
  runWithLibrary,
  startApi,
  stderrDuring,
  textOf,
  undicis,
  withApi,
  within,
} from './support/ways-in.js';

const test = suite('installInterposition');

type Slots = Record<symbol, unknown>;
const SLOTS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const;
const inSlots = () => SLOTS.map((slot) => (globalThis as unknown as Slots)[slot]);
const newFile = () => join(newFolder(), 'api.json');

test('what was recorded is replayed when the server is gone', async () => {
  const cassette = newFile();
  const api = await startApi();
  const ask = async () => [
    await textOf(`${api.url}/count/a`),
    await textOf(`${api.url}/count/a`),
    await textOf(`${api.url}/count/b`),
  ];

  const recording = await installInterposition('record', { cassette });
  assert.is(recording.mode, 'record');
  assert.equal(await ask(), ['1', '2', '1']);
  const whileRecording = recording.report();
  await recording.uninstall();
  await api.close();

  const replaying = await installInterposition('replay', { cassette });
  assert.equal(await ask(), ['1', '2', '1']);
  const miss = await failureOf(() => fetch(`${api.url}/count/c`));
  const whileReplaying = replaying.report();
  assert.is(replaying.cassette.size, 3);
  assert.is(replaying.broker.mode, 'replay');
  await replaying.uninstall();

  const modeSource = 'the call of installInterposition';
  const shared = { modeSource, cassette, interactions: 3, passedThrough: 0, unused: [] };
  assert.equal(whileRecording, { ...shared, mode: 'record', hits: 0, misses: 3, recorded: 3 });
  assert.equal(whileReplaying, { ...shared, mode: 'replay', hits: 3, misses: 1, recorded: 0 });
  assert.is(miss.message, 'fetch failed');
  assert.instance(miss.cause, InteractionNotFoundError);
  assert.is(api.requests, 3);
});

test('auto forwards what is new, and replays it the next time', async () => {
  const cassette = newFile();
  await withApi(async (api) => {
    for (const expected of [1, 0]) {
      const { answer } = await runWithLibrary<{ report: { misses: number }; bodies: string[] }>(
        'install.mjs',
        {
          mode: 'auto',
          options: { cassette },
          urls: [`${api.url}/count/a`],
        },
      );
      assert.equal(answer.bodies, ['1']);
      assert.is(answer.report.misses, expected);
    }
    assert.is(api.requests, 1);
  });
});

test('a missing file is a CassetteLoadError in replay, and leaves everything as it was', async () => {
  const cassette = newFile();
  const before = inSlots();
  const failure = await failureOf(() => installInterposition('replay', { cassette }));
  assert.instance(failure, CassetteLoadError);
  assert.ok(failure.message.includes(cassette), failure.message);
  assert.match(failure.message, /does not exist.*record/);
  assert.equal(inSlots(), before);
  assert.not(existsSync(cassette));
});

for (const mode of ['record', 'auto'] as const) {
  test(`a missing file is a line on stderr in ${mode}`, async () => {
    const cassette = newFile();
    const stderr = await stderrDuring(async () => {
      await (await installInterposition(mode, { cassette })).uninstall();
      await (await installInterposition(mode, { cassette })).uninstall();
    });
    assert.is(stderr, `interposition: recording into a new cassette, ${cassette}\n`);
  });
}

const BAD_STORES: readonly (readonly [title: string, load: () => unknown, message: RegExp])[] = [
  ['throws', thrower('disk on fire'), /disk on fire/],
  ['rejects', () => Promise.reject(new Error('disk on fire')), /disk on fire/],
  ['gives no cassette', async () => ({ interactions: [] }), /no Cassette/],
  ['gives nothing', () => undefined, /no Cassette/],
  ['never settles', () => new Promise(() => {}), /did not answer within 50 ms/],
];

for (const [title, load, message] of BAD_STORES) {
  test(`a store whose load ${title} is a CassetteLoadError, and nothing is installed`, async () => {
    const before = inSlots();
    const store = { location: 'here', load, save: async () => {} } as unknown as CassetteStore;
    const failure = await failureOf(() => installInterposition('record', { store, storeWait: 50 }));
    assert.instance(failure, CassetteLoadError);
    assert.match(failure.message, /here/);
    assert.match(failure.message, message);
    assert.equal(inSlots(), before);
  });
}

function thrower(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

test('what is in the slots stays the object that it is, and uninstall undoes what was done to it', async () => {
  void globalThis.Response;
  const before = inSlots();
  const isChanged = () => inSlots().some((dispatcher) => dispatcher && Object.hasOwn(dispatcher, 'dispatch'));
  const interposition = await installInterposition('record', { cassette: newFile() });
  assert.ok(inSlots().every((dispatcher, index) => dispatcher === before[index]));
  assert.ok(isChanged());
  await interposition.uninstall();
  assert.ok(inSlots().every((dispatcher, index) => dispatcher === before[index]));
  assert.not.ok(isChanged());
});

test('uninstall twice is one promise', async () => {
  const interposition = await installInterposition('record', { cassette: newFile() });
  const first = interposition.uninstall();
  assert.is(interposition.uninstall(), first);
  await first;
  assert.is(interposition.uninstall(), first);
});

test('the end of an `await using` block uninstalls', async () => {
  await withApi(async (api) => {
    const cassette = newFile();
    const interposition = await installInterposition('record', { cassette });
    await textOf(`${api.url}/count/a`);
    await interposition[Symbol.asyncDispose]();
    await textOf(`${api.url}/count/b`);
    assert.equal(
      (await recordedIn(cassette)).map(({ target }) => target),
      [`${api.url}/count/a`],
    );
  });
});

test('of two installations the last one answers, until it is uninstalled', async () => {
  await withApi(async (api) => {
    const before = inSlots();
    const [outer, inner] = [newFile(), newFile()];
    const first = await installInterposition('record', { cassette: outer });
    await textOf(`${api.url}/1`);
    const second = await installInterposition('record', { cassette: inner });
    await textOf(`${api.url}/2`);
    await second.uninstall();
    await textOf(`${api.url}/3`);
    await first.uninstall();
    await textOf(`${api.url}/4`);
    assert.equal(await pathsIn(outer), ['/1', '/3']);
    assert.equal(await pathsIn(inner), ['/2']);
    assert.ok(inSlots().every((dispatcher, index) => dispatcher === before[index]));
  });
});

test('installations may be uninstalled in any order', async () => {
  await withApi(async (api) => {
    const before = inSlots();
    const [outer, inner] = [newFile(), newFile()];
    const first = await installInterposition('record', { cassette: outer });
    const second = await installInterposition('record', { cassette: inner });
    await first.uninstall();
    await textOf(`${api.url}/1`);
    await first.uninstall();
    await textOf(`${api.url}/2`);
    await second.uninstall();
    await textOf(`${api.url}/3`);
    assert.not(existsSync(outer));
    assert.equal(await pathsIn(inner), ['/1', '/2']);
    assert.ok(inSlots().every((dispatcher, index) => dispatcher === before[index]));
  });
});

async function pathsIn(file: string): Promise<string[]> {
  return (await recordedIn(file)).map(({ target }) => new URL(target).pathname);
}

test('the same file can be installed, uninstalled and installed again', async () => {
  await withApi(async (api) => {
    const cassette = newFile();
    for (let round = 0; round < 3; round++) {
      const interposition = await installInterposition('record', { cassette });
      await textOf(`${api.url}/count/${round}`);
      await interposition.uninstall();
    }
    assert.equal(await pathsIn(cassette), ['/count/0', '/count/1', '/count/2']);
  });
});

test('uninstall waits for the recording of a body that nobody reads', async () => {
  await withApi(async (api) => {
    const cassette = newFile();
    const interposition = await installInterposition('record', { cassette });
    const response = await fetch(`${api.url}/count/a`);
    await interposition.uninstall();
    assert.equal(
      (await recordedIn(cassette)).map(({ body }) => body),
      ['1'],
    );
    assert.is(await response.text(), '1');
  });
});

for (const path of ['/silent', '/chatty']) {
  test(`uninstall cuts a response off that never ends: ${path}`, async () => {
    await withApi(async (api) => {
      const cassette = newFile();
      const interposition = await installInterposition('record', { cassette, bodyWait: 200 });
      const response = await fetch(`${api.url}${path}`);
      const stderr = await stderrDuring(() => within(4000, interposition.uninstall()));
      const warning = `interposition: GET ${api.url}${path} was still open when its scope ended`;
      assert.ok(stderr.startsWith(warning), stderr);
      const [recorded] = await recordedIn(cassette);
      assert.is(recorded?.metadata.ended, 'truncated');
      assert.ok(recorded?.body.startsWith('first'));
      await response.body?.cancel();
    });
  });
}

test('a save error that no request told of rejects uninstall', async () => {
  await withApi(async (api) => {
    const store = new FailingStore();
    const before = inSlots();
    const interposition = await installInterposition('record', { store });
    assert.is((await fetch(`${api.url}/count/a`)).status, 200);
    const failure = await failureOf(() => interposition.uninstall());
    assert.instance(failure, CassetteSaveError);
    assert.match(failure.message, /the failing store.*no space left/);
    assert.ok(inSlots().every((dispatcher, index) => dispatcher === before[index]));
  });
});

const BODILESS: readonly (readonly [path: string, method: string])[] = [
  ['/204', 'GET'],
  ['/304', 'GET'],
  ['/empty', 'GET'],
  ['/count/a', 'HEAD'],
];

for (const [path, method] of BODILESS) {
  test(`a save error of ${method} ${path} is fetch's own, and is not raised twice`, async () => {
    await withApi(async (api) => {
      const interposition = await installInterposition('record', { store: new FailingStore() });
      const failure = await failureOf(() => fetch(api.url + path, { method }));
      assert.instance(failure.cause, CassetteSaveError);
      await interposition.uninstall();
    });
  });

  test(`${method} ${path} ends with its headers, and they wait for the save`, async () => {
    await withApi(async (api) => {
      const store = new GatedStore();
      const interposition = await installInterposition('record', { store });
      let answered = false;
      const response = fetch(api.url + path, { method }).then((answer) => {
        answered = true;
        return answer;
      });
      await store.reached(api);
      assert.is(answered, false);
      store.gate.resolve();
      await response;
      assert.is(recordingsOf(store.saved).length, 1);
      await interposition.uninstall();
    });
  });
}

test('the end of a body waits for the save; its headers and its bytes do not', async () => {
  await withApi(async (api) => {
    const store = new GatedStore();
    const interposition = await installInterposition('record', { store });
    const reader = (await fetch(`${api.url}/count/a`)).body?.getReader();
    const first = await reader?.read();
    assert.is(Buffer.from(first?.value ?? []).toString(), '1');
    let ended = false;
    const end = reader?.read().then(({ done }) => {
      ended = done;
    });
    await store.reached(api);
    assert.is(ended, false);
    store.gate.resolve();
    await end;
    assert.is(ended, true);
    assert.is(recordingsOf(store.saved).length, 1);
    await interposition.uninstall();
  });
});

test('a redirect that fetch follows is saved before the end of the response that it led to', async () => {
  await withApi(async (api) => {
    const store = new SlowFor('/redirect/a');
    const interposition = await installInterposition('record', { store });
    const response = await fetch(`${api.url}/redirect/a`);
    assert.is(response.redirected, true);
    assert.is(await response.text(), '1');
    assert.equal(
      recordingsOf(store.saved).map(({ target }) => new URL(target).pathname),
      ['/redirect/a', '/count/a'],
    );
    await interposition.uninstall();
  });
});

/** A store that takes some turns of the event loop for its first save. */
class SlowFor implements CassetteStore {
  saved = new Cassette();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<Cassette> {
    return this.saved;
  }

  async save(cassette: Cassette): Promise<void> {
    const isFirst = recordingsOf(cassette).length === 1;
    for (
      let turn = 0;
      turn < 50 && isFirst && recordingsOf(cassette)[0]?.target.endsWith(this.#path);
      turn++
    ) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.saved = cassette;
  }
}

test('a redirect that cannot be saved fails the fetch that followed it', async () => {
  await withApi(async (api) => {
    const interposition = await installInterposition('record', { store: new FailingStore() });
    const failure = await failureOf(() => textOf(`${api.url}/redirect/a`));
    assert.instance(failure.cause, CassetteSaveError);
    await interposition.uninstall().catch(() => {});
  });
});

test('a request that was begun before uninstall is recorded to its end', async () => {
  await withApi(async (api) => {
    const cassette = newFile();
    const interposition = await installInterposition('record', { cassette });
    const answer = textOf(`${api.url}/count/a`);
    await interposition.uninstall();
    assert.is(await answer, '1');
    assert.equal(await pathsIn(cassette), ['/count/a']);
  });
});

interface Seen {
  readonly outcomes: readonly string[];
  readonly hits: number;
  readonly misses: number;
  readonly recorded: number;
  readonly isDispatcher: boolean;
  readonly isOwnWhileInstalled: boolean;
  readonly isOwnAfter: boolean;
  readonly slotsRestored: readonly boolean[];
}

const WARNING = /^interposition: .*was not brokered/m;
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

for (const undici of undicis) {
  test(`${undici}: its global dispatcher is a Dispatcher while installed, and itself again afterwards`, async () => {
    await withApi(async (api) => {
      const { answer } = await runWithLibrary<Seen>('dispatchers.mjs', {
        undici,
        order: 'before',
        mode: 'record',
        cassette: newFile(),
        urls: [`${api.url}/count/a`],
      });
      assert.equal(answer.outcomes, ['1']);
      assert.is(answer.recorded, 1);
      assert.is(answer.isDispatcher, true);
      assert.equal(answer.slotsRestored, [true, true]);
    });
  });

  for (const order of ['before', 'after']) {
    test(`${undici}, loaded ${order}: a dispatcher that the program sets is taken silently`, async () => {
      await withApi(async (api) => {
        const cassette = newFile();
        const urls = ['a', 'a', 'b'].map((name) => `${api.url}/count/${name}`);
        const settings = { undici, order, set: 'agent', cassette, urls };
        const recorded = await runWithLibrary<Seen>('dispatchers.mjs', { ...settings, mode: 'record' });
        assert.equal(recorded.answer.outcomes, ['1', '2', '1']);
        assert.is(recorded.answer.recorded, 3);
        assert.is(recorded.answer.isOwnAfter, true);
        assert.equal(lines(recorded.stderr), [`interposition: recording into a new cassette, ${cassette}`]);

        const replayed = await runWithLibrary<Seen>('dispatchers.mjs', { ...settings, mode: 'replay' });
        assert.equal(replayed.answer.outcomes, ['1', '2', '1']);
        assert.is(replayed.answer.isOwnAfter, true);
        assert.is(replayed.stderr, '');
        assert.is(api.requests, 3);
      });
    });

    test(`${undici}, loaded ${order}: a MockAgent that the program sets is left alone`, async () => {
      await withApi(async (api) => {
        const cassette = newFile();
        const { answer, stderr } = await runWithLibrary<Seen>('dispatchers.mjs', {
          undici,
          order,
          set: 'mock',
          mode: 'record',
          cassette,
          urls: [`${api.url}/count/a`],
        });
        assert.equal(answer.outcomes, ['mocked']);
        assert.is(answer.isOwnWhileInstalled, true);
        assert.is(answer.isOwnAfter, true);
        assert.is(answer.recorded, 0);
        assert.equal(lines(stderr), [`interposition: recording into a new cassette, ${cassette}`]);
        assert.is(api.requests, 0);
      });
    });
  }
}

test('a dispatcher that is set between two installations, or after them, stays the program’s own', async () => {
  await withApi(async (api) => {
    const { code, stdout, stderr } = await run('reinstall.mjs', [
      JSON.stringify({
        library: new URL('../src/index.js', import.meta.url).href,
        undici: 'undici',
        url: api.url,
      }),
    ]);
    assert.is(code, 0, stderr);
    assert.equal(JSON.parse(stdout), { recorded: [1, 1], isOwn: [true, true], escaped: false });
    assert.not.match(stderr, WARNING);
  });
});

test.run();
