import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  type CassetteOptions,
  InvalidOptionError,
  installInterposition,
  MemoryCassetteStore,
  withCassette,
} from '../src/index.js';
import { suite } from './support/suite.js';
import { failureOf, newFolder, runPreloaded, textOf, withApi, withEnvironment } from './support/ways-in.js';

const test = suite('options');
const GLOBAL_SLOT = Symbol.for('undici.globalDispatcher.1');
const globalDispatcher = () => (globalThis as unknown as Record<symbol, unknown>)[GLOBAL_SLOT];

type Row = readonly [title: string, options: unknown, message: RegExp];

const cassette = 'never-made.json';
const store = new MemoryCassetteStore();

const BAD: readonly Row[] = [
  [
    'an unknown option',
    { casette: 'x' },
    /options\.casette.*no such option \(did you mean "cassette"\?\); there are .*cassette, store/,
  ],
  ['an option that every object has', { toString: 'x' }, /options\.toString.*no such option/],
  ['a cassette that is no path', { cassette: 7 }, /options\.cassette.*a path, or the URL/],
  ['an empty path', { cassette: '' }, /names no file/],
  ['a path with a null character', { cassette: 'a\0b' }, /names no file/],
  ['a URL that is no file', { cassette: new URL('https://example.com/x.json') }, /https:.*file: URL/],
  ['a file: URL of another host', { cassette: new URL('file://host/x.json') }, /file: URL|cassette/],
  ['the same as a string', { cassette: 'file://host/x.json' }, /file: URL|cassette/],
  ['a store that is none', { store: { load() {} } }, /options\.store.*load\(\) and save\(\)/],
  ['a store that is null', { store: null }, /options\.store/],
  ['a cassette and a store', { cassette, store }, /"cassette" and "store"/],
  ['an unknown playback', { cassette, playback: 'random' }, /options\.playback.*"first" or "sequence"/],
  ['a readAhead below 0', { cassette, readAhead: -1 }, /options\.readAhead.*whole number from 0/],
  ['a maxBodySize below 0', { cassette, maxBodySize: -1 }, /options\.maxBodySize.*whole number from 0/],
  ['a readAhead that is no number', { cassette, readAhead: '1' }, /options\.readAhead/],
  ['a bodyWait of 0', { cassette, bodyWait: 0 }, /options\.bodyWait.*whole number from 1/],
  ['a bodyWait without an end', { cassette, bodyWait: Number.POSITIVE_INFINITY }, /options\.bodyWait/],
  ['a storeWait that is no number', { cassette, storeWait: Number.NaN }, /options\.storeWait/],
  ['a latency below 0', { cassette, latency: -1 }, /options\.latency.*"none", "recorded"/],
  ['an unknown latency', { cassette, latency: 'fast' }, /options\.latency/],
  ['a latency without an end', { cassette, latency: Number.POSITIVE_INFINITY }, /options\.latency/],
  ['a maxAge without a unit', { cassette, maxAge: '30' }, /options\.maxAge.*"30d"/],
  ['a maxAge below 0', { cassette, maxAge: -1 }, /options\.maxAge/],
  ['a maxAge that is a Date', { cassette, maxAge: new Date() }, /options\.maxAge/],
  ['an unknown stale', { cassette, stale: 'ignore' }, /options\.stale.*"warn" or "error" or "refresh"/],
  ['an unknown unused', { cassette, unused: true }, /options\.unused.*"ignore" or "warn" or "error"/],
  ['an unknown guard', { cassette, guard: true }, /options\.guard.*"off" or "warn" or "error"/],
  ['an unknown outside', { cassette, outside: 'live' }, /options\.outside.*"pass" or "error"/],
  ['an unknown scan', { cassette, scan: 'on' }, /options\.scan.*"off" or "warn" or "error"/],
  ['nodeHttp that is no boolean', { cassette, nodeHttp: 'no' }, /options\.nodeHttp/],
  ['recordFailures that is no boolean', { cassette, recordFailures: 'yes' }, /options\.recordFailures/],
  ['shouldRecord that is no function', { cassette, shouldRecord: true }, /options\.shouldRecord.*a function/],
  [
    'a passthrough rule that is none',
    { cassette, passthrough: ['a.test', '/x'] },
    /options\.passthrough\[1\]/,
  ],
  ['passthrough that is no rule', { cassette, passthrough: 7 }, /options\.passthrough/],
  ['match that is no object', { cassette, match: 'method' }, /match/],
  ['an unknown member of match', { cassette, match: { path: true } }, /match.*path/],
  ['a header to match that is none', { cassette, match: { headers: [7] } }, /match\.headers/],
  [
    'a JSON path to ignore that is none',
    { cassette, match: { body: { ignore: ['email'] } } },
    /match\.body.*email/,
  ],
  ['vary that is no list', { cassette, vary: 'body:$.email' }, /vary/],
  ['a place to vary that is none', { cassette, vary: ['email'] }, /vary.*email/],
  ['redact that is no object', { cassette, redact: true }, /redact/],
  ['an unknown member of redact', { cassette, redact: { header: ['x'] } }, /redact.*header/],
  ['a pattern to redact that is none', { cassette, redact: { patterns: ['x'] } }, /redact\.patterns/],
  ['options that are null', null, /options.*not an object/],
  ['options that are a list', ['cassette'], /options.*not an object/],
];

for (const [title, options, message] of BAD) {
  test(`installInterposition refuses ${title}`, async () => {
    const before = globalDispatcher();
    const failure = await failureOf(() => installInterposition('record', options as CassetteOptions));
    assert.instance(failure, InvalidOptionError);
    assert.match(failure.message, message);
    assert.is(globalDispatcher(), before);
  });

  test(`withCassette refuses ${title}`, async () => {
    let ran = false;
    const failure = await failureOf(() =>
      withCassette(
        options === null || Array.isArray(options)
          ? (options as unknown as CassetteOptions)
          : { mode: 'record', ...(options as CassetteOptions) },
        () => {
          ran = true;
        },
      ),
    );
    assert.instance(failure, InvalidOptionError);
    assert.match(failure.message, message);
    assert.is(ran, false);
  });
}

test('options of a scope are none of an installation', async () => {
  for (const options of [
    { cassette, mode: 'record' },
    { cassette, name: 'x' },
  ]) {
    const failure = await failureOf(async () => {
      const interposition = await installInterposition('auto', options as CassetteOptions);
      await interposition.uninstall();
    });
    assert.instance(failure, InvalidOptionError);
  }
});

test('a scope is not told in two ways where its cassette lives', async () => {
  for (const options of [
    { name: 'x', cassette },
    { name: 'x', store },
  ]) {
    const failure = await failureOf(() => withCassette({ ...options, mode: 'record' }, () => {}));
    assert.instance(failure, InvalidOptionError);
  }
});

for (const mode of ['reply', '', 'RECORD', null, 7, { cassette: 'redis://me:secret-word@host/suite' }]) {
  // Options in the place of the mode are not shown: an address may hold a password.
  const shown = typeof mode === 'object' && mode !== null ? 'an object' : JSON.stringify(mode);

  test(`${shown} is not a mode`, async () => {
    const bad = mode as unknown as BrokerMode;
    const failures = [
      await failureOf(() => installInterposition(bad, { cassette })),
      await failureOf(() => withCassette({ cassette, mode: bad }, () => {})),
    ];
    for (const failure of failures) {
      assert.instance(failure, InvalidOptionError);
      assert.ok(failure.message.includes(`${shown} is not a mode`), failure.message);
      assert.match(failure.message, /"replay", "record" or "auto"/);
    }
  });
}

test('an unknown mode in the environment is refused in the name of its variable, by every way in', async () => {
  await withEnvironment({ INTERPOSITION_MODE: 'reply' }, async () => {
    const failures = [
      await failureOf(() => installInterposition('record', { cassette })),
      await failureOf(() => withCassette({ cassette, mode: 'record' }, () => {})),
    ];
    for (const failure of failures) {
      assert.instance(failure, InvalidOptionError);
      assert.match(failure.message, /INTERPOSITION_MODE: "reply" is not a mode/);
    }
  });
  const { code, stdout, stderr } = await runPreloaded('get.mjs', [], {
    env: { INTERPOSITION_MODE: 'reply' },
  });
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, /^interposition: Invalid INTERPOSITION_MODE: "reply" is not a mode[^\n]*\n$/);
});

const BAD_ENVIRONMENT: readonly (readonly [title: string, value: string, message: RegExp])[] = [
  ['no JSON', '{bodyWait:1}', /Invalid INTERPOSITION_OPTIONS: it is not JSON/],
  ['no object', '"x"', /Invalid INTERPOSITION_OPTIONS: it is not an object/],
  ['null', 'null', /Invalid INTERPOSITION_OPTIONS: it is not an object/],
  [
    'an unknown option',
    '{"bodywait":1}',
    /Invalid INTERPOSITION_OPTIONS\.bodywait: there is no such option \(did you mean "bodyWait"\?\)/,
  ],
  ['a wrong type', '{"bodyWait":"1"}', /Invalid INTERPOSITION_OPTIONS\.bodyWait: it is not a whole number/],
  ['an unknown stale', '{"stale":"never"}', /Invalid INTERPOSITION_OPTIONS\.stale: it is not "warn"/],
  ['an age that is none', '{"maxAge":"soon"}', /Invalid INTERPOSITION_OPTIONS\.maxAge/],
  ['an unknown unused', '{"unused":1}', /Invalid INTERPOSITION_OPTIONS\.unused/],
  ['a latency that is none', '{"latency":"1s"}', /Invalid INTERPOSITION_OPTIONS\.latency/],
  ['a text for true', '{"recordFailures":"true"}', /Invalid INTERPOSITION_OPTIONS\.recordFailures/],
  ['a function', '{"shouldRecord":"() => true"}', /Invalid INTERPOSITION_OPTIONS\.shouldRecord/],
  ['a rule that is none', '{"passthrough":["/x"]}', /Invalid .*passthrough\[0\]: "\/x"/],
  ['a place that is none', '{"vary":["email"]}', /Invalid .*vary.*email/],
  ['a match that is none', '{"match":{"path":true}}', /Invalid .*match.*path/],
  ['a redact that is none', '{"redact":{"header":[]}}', /Invalid .*redact.*header/],
  ['a store', '{"store":{}}', /Invalid INTERPOSITION_OPTIONS\.store/],
  ['a name', '{"name":"x"}', /Invalid INTERPOSITION_OPTIONS\.name/],
  ['a mode', '{"mode":"record"}', /Invalid INTERPOSITION_OPTIONS\.mode/],
];

for (const [title, value, message] of BAD_ENVIRONMENT) {
  test(`INTERPOSITION_OPTIONS is refused by every way in where it is ${title}`, async () => {
    await withEnvironment({ INTERPOSITION_OPTIONS: value }, async () => {
      const install = async () => (await installInterposition('auto', { cassette })).uninstall();
      for (const failure of [
        await failureOf(install),
        await failureOf(() => withCassette({ cassette, mode: 'auto' }, () => {})),
      ]) {
        assert.instance(failure, InvalidOptionError);
        assert.match(failure.message, message);
      }
    });
  });
}

test('the preload says what is wrong with INTERPOSITION_OPTIONS in one line', async () => {
  const env = { INTERPOSITION_OPTIONS: '{bodyWait:1}' };
  const { code, stderr } = await runPreloaded('get.mjs', [], { env });
  assert.is(code, 1);
  assert.match(stderr, /^interposition: Invalid INTERPOSITION_OPTIONS: [^\n]*\n$/);
});

test('INTERPOSITION_OPTIONS wins over the code, option by option', async () => {
  const file = join(newFolder(), 'api.json');
  await withApi(async (api) => {
    const ask = async () => [await textOf(`${api.url}/count/x`), await textOf(`${api.url}/count/x`)];
    assert.equal(await withCassette({ cassette: file, mode: 'record' }, ask), ['1', '2']);
    const replay: CassetteOptions = { cassette: file, mode: 'replay', playback: 'sequence' };
    await withEnvironment({ INTERPOSITION_OPTIONS: '{"playback":"first"}' }, async () => {
      assert.equal(await withCassette(replay, ask), ['1', '1']);
      const interposition = await installInterposition('replay', { cassette: file, playback: 'sequence' });
      assert.equal(await ask(), ['1', '1']);
      await interposition.uninstall();
    });
    assert.equal(await withCassette(replay, ask), ['1', '2']);
  });
});

test('a cassette in the environment wins over a store in the code', async () => {
  const file = join(newFolder(), 'api.json');
  await withApi(async (api) => {
    const options = { store: new MemoryCassetteStore({ createIfMissing: true }) };
    await withEnvironment({ INTERPOSITION_OPTIONS: JSON.stringify({ cassette: file }) }, async () => {
      const interposition = await installInterposition('record', options);
      await textOf(`${api.url}/count/x`);
      await interposition.uninstall();
    });
    assert.ok(existsSync(file));
    const other = join(newFolder(), 'other.json');
    await withEnvironment({ INTERPOSITION_CASSETTE: other }, async () => {
      const interposition = await installInterposition('record', options);
      await textOf(`${api.url}/count/x`);
      await interposition.uninstall();
    });
    assert.ok(existsSync(other));
  });
});

test('variables that are empty count as not set', async () => {
  const file = join(newFolder(), 'api.json');
  const empty = { INTERPOSITION_MODE: '', INTERPOSITION_CASSETTE: '', INTERPOSITION_OPTIONS: '' };
  await withEnvironment(empty, async () => {
    const interposition = await installInterposition('auto', { cassette: file });
    const { mode, modeSource, cassette: location } = interposition.report();
    await interposition.uninstall();
    assert.is(mode, 'auto');
    assert.match(modeSource, /installInterposition/);
    assert.is(location, file);
  });
});

test('INTERPOSITION_MODE wins over the code for an installation and for a scope', async () => {
  const file = join(newFolder(), 'api.json');
  await withApi(async (api) => {
    const ask = () => textOf(`${api.url}/count/x`);
    await withEnvironment({ INTERPOSITION_MODE: 'record' }, async () => {
      const interposition = await installInterposition('replay', { cassette: file });
      assert.is(await ask(), '1');
      const { mode, modeSource } = interposition.report();
      await interposition.uninstall();
      assert.is(mode, 'record');
      assert.is(modeSource, 'INTERPOSITION_MODE');
      assert.is(await withCassette({ cassette: file, mode: 'replay' }, ask), '2');
    });
    await withEnvironment({ INTERPOSITION_MODE: 'replay' }, async () => {
      const interposition = await installInterposition('record', { cassette: file });
      assert.is(await ask(), '1');
      await interposition.uninstall();
      assert.is(await withCassette({ cassette: file, mode: 'record' }, ask), '2');
    });
    assert.is(api.count('/count/x'), 2);
  });
});

test('INTERPOSITION_CASSETTE wins over an installation, and leaves scopes their names', async () => {
  const folder = newFolder();
  process.chdir(folder);
  const file = join(folder, 'from-environment.json');
  await withApi(async (api) => {
    const ask = () => textOf(`${api.url}/count/x`);
    await withEnvironment({ INTERPOSITION_CASSETTE: file }, async () => {
      const interposition = await installInterposition('record', { cassette: 'from-code.json' });
      await ask();
      assert.is(interposition.report().cassette, file);
      await interposition.uninstall();
      await withCassette({ name: 'mine', mode: 'record' }, ask);
      await withCassette({ cassette: 'path.json', mode: 'record' }, ask);
    });
  });
  assert.ok(existsSync(file));
  assert.not(existsSync('from-code.json'));
  assert.ok(existsSync('__cassettes__/mine.json'));
  assert.ok(existsSync('path.json'));
});

test('where nothing is said, an installation replays __cassettes__/default.json', async () => {
  const folder = newFolder();
  process.chdir(folder);
  const failure = await failureOf(() => installInterposition());
  assert.is(failure.name, 'CassetteLoadError');
  assert.ok(failure.message.includes(join(folder, '__cassettes__', 'default.json')), failure.message);
});

test.run();
