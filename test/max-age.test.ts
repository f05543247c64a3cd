import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ageInMs } from '../src/checked-options.js';
import {
  type BrokerMode,
  type CassetteOptions,
  installInterposition,
  StaleRecordingError,
  withCassette,
} from '../src/index.js';
import { suite } from './support/suite.js';
import {
  type Api,
  failureOf,
  newFolder,
  recordedIn,
  runPreloaded,
  runWithLibrary,
  stderrDuring,
  textOf,
  withApi,
} from './support/ways-in.js';

const test = suite('maxAge');

const DAY_MS = 86_400_000;

/** Makes what a file holds as old as this, and that of an earlier session. */
function age(cassette: string, ms: number): void {
  const recordedAt = new Date(Date.now() - ms).toISOString();
  const text = readFileSync(cassette, 'utf8');
  const aged = text
    .replace(/("recorded_at",\s*)"[^"]+"/g, `$1"${recordedAt}"`)
    .replace(/("session",\s*)"[^"]+"/g, '$1"an earlier run"');
  assert.is.not(aged, text);
  writeFileSync(cassette, aged);
}

/** Records `/count/a` once, 10 days ago. */
async function recordedTenDaysAgo(api: Api): Promise<string> {
  const cassette = join(newFolder(), 'api.json');
  await withCassette({ cassette, mode: 'record' }, () => textOf(`${api.url}/count/a`));
  age(cassette, 10 * DAY_MS);
  return cassette;
}

const warning = (stderr: string) => stderr.split('\n').filter((line) => line.includes('maxAge'));

test('a recording that is younger is replayed without a word', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    for (const maxAge of ['11d', '264h', 11 * DAY_MS, undefined]) {
      const stderr = await stderrDuring(async () => {
        const options = { cassette, mode: 'replay', maxAge, stale: 'error' } as CassetteOptions;
        assert.is(await withCassette(options, () => textOf(`${api.url}/count/a`)), '1');
      });
      assert.is(stderr, '');
    }
  });
});

for (const [title, options] of [
  ['where nothing is said', {}],
  ['with warn', { stale: 'warn' }],
  ['with refresh, which replay cannot', { stale: 'refresh' }],
] as const) {
  test(`an older one is replayed with a warning ${title}`, async () => {
    await withApi(async (api) => {
      const cassette = await recordedTenDaysAgo(api);
      const stderr = await stderrDuring(async () => {
        const answer = withCassette({ cassette, mode: 'replay', maxAge: '9d', ...options }, () =>
          textOf(`${api.url}/count/a`),
        );
        assert.is(await answer, '1');
      });
      assert.is(warning(stderr).length, 1, stderr);
      assert.ok(stderr.includes(`GET ${api.url}/count/a`), stderr);
      assert.is(api.requests, 1);
    });
  });
}

for (const mode of ['replay', 'auto'] as const) {
  test(`an older one is an error with stale: 'error' in ${mode}, which says how old it is`, async () => {
    await withApi(async (api) => {
      const cassette = await recordedTenDaysAgo(api);
      const { metadata } = (await recordedIn(cassette))[0] ?? {};
      const failure = await withCassette({ cassette, mode, maxAge: '9d', stale: 'error' }, () =>
        failureOf(() => fetch(`${api.url}/count/a`)),
      );
      assert.is(failure.message, 'fetch failed');
      assert.instance(failure.cause, StaleRecordingError);
      const error = failure.cause as StaleRecordingError;
      assert.is(error.code, 'ERR_RECORDING_STALE');
      assert.is(error.recordedAt.toISOString(), metadata?.['recorded_at']);
      assert.is(error.request.target, `${api.url}/count/a`);
      assert.is(api.requests, 1);
    });
  });
}

test('one with a request body that has to be read is an error as well', async () => {
  await withApi(async (api) => {
    const cassette = join(newFolder(), 'api.json');
    const post = () => fetch(`${api.url}/count/a`, { method: 'POST', body: new Blob(['x']) });
    await withCassette({ cassette, mode: 'record' }, async () => (await post()).text());
    age(cassette, DAY_MS);
    const failure = await withCassette({ cassette, mode: 'replay', maxAge: '1h', stale: 'error' }, () =>
      failureOf(post),
    );
    assert.instance(failure.cause, StaleRecordingError);
  });
});

test('refresh records an older one anew in auto, in its place, and leaves the others', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    const options = { cassette, mode: 'auto', maxAge: '9d', stale: 'refresh' } as const;
    const stderr = await stderrDuring(async () => {
      const ask = async () => [await textOf(`${api.url}/count/a`), await textOf(`${api.url}/count/b`)];
      assert.equal(await withCassette(options, ask), ['2', '1']);
    });
    assert.equal(warning(stderr), []);
    const recorded = await recordedIn(cassette);
    assert.equal(
      recorded.map(({ target, body }) => [new URL(target).pathname, body]),
      [
        ['/count/a', '2'],
        ['/count/b', '1'],
      ],
    );
    const scopes = [{ options, urls: [`${api.url}/count/a`] }];
    const { answer } = await runWithLibrary<string[][]>('scopes.mjs', { scopes });
    assert.equal(answer, [['2']], 'what was refreshed is young again');
    assert.is(api.count('/count/a'), 2);
  });
});

test('refresh keeps the older one where the upstream fails', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    await api.close();
    await withCassette({ cassette, mode: 'auto', maxAge: '9d', stale: 'refresh' }, () =>
      failureOf(() => fetch(`${api.url}/count/a`)),
    );
    assert.equal(
      (await recordedIn(cassette)).map(({ body }) => body),
      ['1'],
    );
  });
});

test('a recording that does not say when it was made is never too old', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    writeFileSync(cassette, readFileSync(cassette, 'utf8').replaceAll('"recorded_at"', '"made_by_hand"'));
    const options = { cassette, mode: 'replay', maxAge: 0, stale: 'error' } as const;
    assert.is(await withCassette(options, () => textOf(`${api.url}/count/a`)), '1');
  });
});

test('a secret that an old cassette still holds is in no message', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    const secret = 'ghp_9fK2mQx7LvR4tWz8NbY3cJh6PdS1gA5eUoTi';
    const path = `/count/a?access_token=${secret}`;
    const text = readFileSync(cassette, 'utf8').replaceAll('/count/a', path);
    writeFileSync(cassette, text.replace(/"fingerprint": "[^"]*",?/, ''));
    const failure = await withCassette({ cassette, mode: 'replay', maxAge: '9d', stale: 'error' }, () =>
      failureOf(() => fetch(api.url + path)),
    );
    assert.instance(failure.cause, StaleRecordingError);
    assert.not.match((failure.cause as Error).message, secret);
    assert.not.match(JSON.stringify(failure.cause), secret);
  });
});

test('the preload warns of an older one', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    const env = {
      INTERPOSITION_CASSETTE: cassette,
      INTERPOSITION_OPTIONS: '{"maxAge":"1d"}',
      INTERPOSITION_MODE: 'replay' satisfies BrokerMode,
    };
    const { stdout, stderr } = await runPreloaded('get.mjs', [`${api.url}/count/a`], { env });
    assert.is(stdout, '1\n');
    assert.is(warning(stderr).length, 1, stderr);
  });
});

test('one that is too old to be used counts as used, and as no MISS', async () => {
  await withApi(async (api) => {
    const cassette = await recordedTenDaysAgo(api);
    const interposition = await installInterposition('replay', { cassette, maxAge: '1d', stale: 'error' });
    await failureOf(() => fetch(`${api.url}/count/a`));
    const { misses, unused } = interposition.report();
    assert.equal([misses, unused.length], [0, 0]);
    await interposition.uninstall();
  });
});

const AGES: readonly (readonly [text: unknown, ms: number | undefined])[] = [
  [0, 0],
  [1500, 1500],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ['0d', 0],
  ['250ms', 250],
  ['10s', 10_000],
  ['45m', 45 * 60_000],
  ['12h', 12 * 3_600_000],
  ['30d', 30 * DAY_MS],
  [-1, undefined],
  [Number.NaN, undefined],
  ['', undefined],
  ['30', undefined],
  ['d', undefined],
  ['1.5d', undefined],
  ['-1d', undefined],
  ['30 d', undefined],
  ['30D', undefined],
  ['1w', undefined],
  ['30d12h', undefined],
  [`${'9'.repeat(400)}d`, undefined],
  ['1constructor', undefined],
  [null, undefined],
  [{}, undefined],
  [['1d'], undefined],
];

for (const [text, ms] of AGES) {
  const shown = typeof text === 'number' ? String(text) : JSON.stringify(text).slice(0, 20);
  test(`${shown} is ${ms === undefined ? 'no age' : `${ms} ms`}`, () => {
    assert.is(ageInMs(text), ms);
  });
}

test.run();
