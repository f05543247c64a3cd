import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  type CassetteOptions,
  installInterposition,
  UnusedInteractionsError,
  withCassette,
} from '../src/index.js';
import { suite } from './support/suite.js';
import {
  type Api,
  failureOf,
  newFolder,
  runPreloaded,
  stderrDuring,
  textOf,
  withApi,
} from './support/ways-in.js';

const test = suite('unused recordings');

const urlsOf = (api: Api, ...names: string[]) => names.map((name) => `${api.url}/count/${name}`);

async function askAll(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    await textOf(url);
  }
}

/** A cassette of an earlier session that recorded these: a scope for each list. */
async function recorded(api: Api, ...scopes: string[][]): Promise<string> {
  const made = join(newFolder(), 'api.json');
  for (const names of scopes) {
    await withCassette({ cassette: made, mode: 'record' }, () => askAll(urlsOf(api, ...names)));
  }
  const cassette = join(newFolder(), 'api.json');
  writeFileSync(
    cassette,
    readFileSync(made, 'utf8').replace(/("session",\s*)"[^"]+"/g, '$1"an earlier run"'),
  );
  return cassette;
}

test('where nothing is said, nothing happens', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a', 'b']);
    for (const unused of [undefined, 'ignore'] as const) {
      const options = { cassette, mode: 'replay', unused } as CassetteOptions;
      const stderr = await stderrDuring(() => withCassette(options, () => askAll(urlsOf(api, 'a'))));
      assert.is(stderr, '');
    }
  });
});

test('a scope that has used all is content', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a', 'b']);
    const stderr = await stderrDuring(async () => {
      for (const unused of ['warn', 'error'] as const) {
        await withCassette({ cassette, mode: 'replay', unused }, () => askAll(urlsOf(api, 'b', 'a')));
      }
    });
    assert.is(stderr, '');
  });
});

test('a scope warns of what it did not use, and gives its value', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a', 'b', 'c']);
    const stderr = await stderrDuring(async () => {
      const answer = withCassette({ cassette, mode: 'replay', unused: 'warn' }, () =>
        textOf(`${api.url}/count/b`),
      );
      assert.is(await answer, '1');
    });
    assert.match(stderr, /^interposition: 2 recordings of .*api\.json were not used:$/m);
    assert.match(stderr, `GET ${api.url}/count/a\n`);
    assert.match(stderr, `GET ${api.url}/count/c\n`);
    assert.not.match(stderr, '/count/b');
  });
});

for (const mode of ['replay', 'auto'] as const) {
  test(`a scope fails for what it did not use: ${mode}`, async () => {
    await withApi(async (api) => {
      const cassette = await recorded(api, ['a', 'b']);
      const failure = await failureOf(() =>
        withCassette({ cassette, mode, unused: 'error' }, () => askAll(urlsOf(api, 'a'))),
      );
      assert.instance(failure, UnusedInteractionsError);
      const { code, location, requests, message } = failure as UnusedInteractionsError;
      assert.equal([code, location], ['ERR_INTERACTIONS_UNUSED', cassette]);
      assert.equal(
        requests.map(({ target }) => target),
        urlsOf(api, 'b'),
      );
      assert.match(message, `1 recording of the cassette ${cassette} was not used`);
    });
  });
}

test('what a run itself records is not unused', async () => {
  await withApi(async (api) => {
    const cassette = join(newFolder(), 'api.json');
    const options = { cassette, unused: 'error' } as const;
    const interposition = await installInterposition('auto', options);
    await askAll(urlsOf(api, 'a', 'b', 'a'));
    assert.equal(interposition.report().unused, []);
    await interposition.uninstall();
  });
});

test('record looks nothing up, so nothing is unused', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a', 'b']);
    const interposition = await installInterposition('record', { cassette, unused: 'error' });
    await askAll(urlsOf(api, 'a'));
    assert.equal(interposition.report().unused, []);
    await interposition.uninstall();
    await withCassette({ cassette, mode: 'record', unused: 'error' }, () => {});
  });
});

test('of a story that is told in part, the rest is unused', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['poll', 'poll', 'poll']);
    const unusedAfter = async (requests: number, options: Partial<CassetteOptions> = {}) => {
      const interposition = await installInterposition('replay', { cassette, ...options });
      await askAll(Array.from({ length: requests }, () => `${api.url}/count/poll`));
      const bodies = interposition
        .report()
        .unused.map(({ responseChunks }) => Buffer.from(responseChunks[0]?.data ?? []).toString());
      await interposition.uninstall();
      return bodies;
    };
    assert.equal(await unusedAfter(0), ['1', '2', '3']);
    assert.equal(await unusedAfter(1), ['2', '3']);
    assert.equal(await unusedAfter(5), []);
  });
});

test('with playback first, only what could answer is unused', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['poll', 'poll']);
    const interposition = await installInterposition('replay', { cassette, playback: 'first' });
    assert.is(interposition.report().unused.length, 1);
    await askAll(urlsOf(api, 'poll'));
    assert.equal(interposition.report().unused, []);
    await interposition.uninstall();
  });
});

test('what another scope of the same name recorded is that one’s to use', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['poll', 'poll'], ['poll']);
    const options = { cassette, mode: 'replay', unused: 'error' } as const;
    // Two entries each time: the first one, the second one, and so on.
    const scope = (times: number) =>
      withCassette(options, () => askAll(Array.from({ length: times }, () => `${api.url}/count/poll`)));
    await scope(2);
    await scope(1);
    assert.instance(await failureOf(() => scope(1)), UnusedInteractionsError);
    await scope(1);
  });
});

test('what another scope of the same name asked for alone is that one’s to use', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a'], ['b']);
    const options = { cassette, mode: 'replay', unused: 'error' } as const;
    await withCassette(options, () => askAll(urlsOf(api, 'a')));
    await withCassette(options, () => askAll(urlsOf(api, 'b')));
    assert.is(api.requests, 2);
  });
});

test('the function’s own error is the one to see', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a']);
    const own = new Error('the test failed');
    const failure = await failureOf(() =>
      withCassette({ cassette, mode: 'replay', unused: 'error' }, () => {
        throw own;
      }),
    );
    assert.is(failure, own);
  });
});

test('uninstall fails for what was not used, and has uninstalled', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a', 'b']);
    const interposition = await installInterposition('replay', { cassette, unused: 'error' });
    await askAll(urlsOf(api, 'b'));
    assert.equal(
      interposition.report().unused.map(({ request }) => request.target),
      urlsOf(api, 'a'),
    );
    assert.instance(await failureOf(() => interposition.uninstall()), UnusedInteractionsError);
    assert.is(await textOf(`${api.url}/count/b`), '2');
  });
});

for (const [unused, exitCode] of [
  ['warn', 0],
  ['error', 1],
] as const) {
  test(`a program under the preload is told at its exit: ${unused}`, async () => {
    await withApi(async (api) => {
      const cassette = await recorded(api, ['a', 'b']);
      const env = {
        INTERPOSITION_CASSETTE: cassette,
        INTERPOSITION_MODE: 'replay' satisfies BrokerMode,
        INTERPOSITION_OPTIONS: JSON.stringify({ unused }),
      };
      const { code, stdout, stderr } = await runPreloaded('get.mjs', urlsOf(api, 'a'), { env });
      assert.equal([code, stdout], [exitCode, '1\n']);
      assert.match(
        stderr,
        `interposition: 1 recording of the cassette ${cassette} was not used:\n  GET ${api.url}/count/b\n`,
      );
      const content = await runPreloaded('get.mjs', urlsOf(api, 'a', 'b'), { env });
      assert.equal([content.code, content.stderr], [0, '']);
    });
  });
}

test('of many only the first are named', async () => {
  await withApi(async (api) => {
    const names = Array.from({ length: 14 }, (_, n) => `n${n}`);
    const cassette = await recorded(api, names);
    const failure = await failureOf(() =>
      withCassette({ cassette, mode: 'replay', unused: 'error' }, () => {}),
    );
    assert.match(failure.message, 'and 4 more');
    assert.is((failure as UnusedInteractionsError).requests.length, 14);
  });
});

test('a secret that an old cassette still holds is in no message', async () => {
  await withApi(async (api) => {
    const cassette = await recorded(api, ['a']);
    const secret = 'ghp_9fK2mQx7LvR4tWz8NbY3cJh6PdS1gA5eUoTi';
    const text = readFileSync(cassette, 'utf8')
      .replaceAll('/count/a', `/count/a?access_token=${secret}`)
      .replace(/"fingerprint": "[^"]*",?/, '');
    writeFileSync(cassette, text);
    const failure = await failureOf(() =>
      withCassette({ cassette, mode: 'replay', unused: 'error' }, () => {}),
    );
    assert.instance(failure, UnusedInteractionsError);
    assert.not.match(failure.message, secret);
    assert.not.match(JSON.stringify(failure), secret);
  });
});

test.run();
