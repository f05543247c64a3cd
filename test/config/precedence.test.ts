import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  InteractionNotFoundError,
  type InterpositionOptions,
  installInterposition,
  MemoryCassetteStore,
  openCassette,
  withCassette,
} from '../../src/index.js';
import { Project, type Ran } from '../support/project.js';
import { suite } from '../support/suite.js';
import { newFolder, startApi, textOf, withEnvironment } from '../support/ways-in.js';

const test = suite('the config file: precedence');

/** First the one that wins. */
const SOURCES = ['command line', 'environment', 'code', 'config file', 'default'] as const;
type Source = (typeof SOURCES)[number];

interface Seen {
  readonly mode: BrokerMode;
  readonly modeSource: string;
  readonly cassette: string;
  readonly passed: readonly string[];
}

const EMPTY = '{"interposition":1,"interactions":[]}';
const slug = (source: Source) => source.replace(' ', '-');

/** Runs a program that installs the library, where each of the sources says something of its own. */
async function seenWith(cwd: string, sources: readonly Source[], url: string): Promise<[Seen, Ran]> {
  const says = (source: Source) => sources.includes(source);
  const rule = (source: Source) => `${url}/${slug(source)}`;
  project.write(
    `${cwd}/app.js`,
    `import { installInterposition } from 'interposition';
     const code = ${says('code')};
     const interposition = await installInterposition(
       code ? 'auto' : undefined,
       code ? { cassette: 'code.json', passthrough: '${rule('code')}' } : {},
     );
     const paths = ${JSON.stringify(SOURCES.map(slug))};
     for (const path of paths) await fetch('${url}/' + path).then((response) => response.text(), () => {});
     const { mode, modeSource, cassette, passedThrough } = interposition.report();
     const known = interposition.cassette.interactions.map(({ request }) => request.target.split('/').at(-1));
     const passed = passedThrough > 0 ? paths.filter((path) => !known.includes(path)) : [];
     console.log(JSON.stringify({ mode, modeSource, cassette, passed }));
     await interposition.uninstall();`,
  );
  if (says('config file')) {
    const config = { mode: 'record', cassette: 'config-file.json', passthrough: rule('config file') };
    project.write(`${cwd}/interposition.config.json`, JSON.stringify(config));
  }
  for (const source of SOURCES) {
    project.write(`${cwd}/${slug(source)}.json`, EMPTY);
  }
  project.write(`${cwd}/__cassettes__/default.json`, EMPTY);
  const env = says('environment')
    ? {
        INTERPOSITION_MODE: 'record',
        INTERPOSITION_CASSETTE: 'environment.json',
        INTERPOSITION_OPTIONS: JSON.stringify({ passthrough: rule('environment') }),
      }
    : {};
  const option = `passthrough="${rule('command line')}"`;
  const ran = says('command line')
    ? await project.interposition(
        ['auto', '--cassette', 'command-line.json', '--option', option, '--', 'node', 'app.js'],
        { env, cwd },
      )
    : await project.run('node', ['app.js'], { env, cwd });
  return [JSON.parse(ran.stdout) as Seen, ran];
}

const EXPECTED: Readonly<Record<Source, readonly [mode: BrokerMode, from: RegExp, cassette: string]>> = {
  'command line': ['auto', /^INTERPOSITION_MODE$/, 'command-line.json'],
  environment: ['record', /^INTERPOSITION_MODE$/, 'environment.json'],
  code: ['auto', /^the call of installInterposition$/, 'code.json'],
  'config file': ['record', /^the config file .*\/interposition\.config\.json$/, 'config-file.json'],
  default: ['replay', /^the default$/, '__cassettes__/default.json'],
};

const api = await startApi();
const project = new Project();
test.after(async () => {
  project.remove();
  await api.close();
});

for (const [index, winner] of SOURCES.entries()) {
  test(`${winner} > ${SOURCES.slice(index + 1).join(' > ') || 'nothing'}`, async () => {
    const cwd = slug(winner);
    const [seen, { stderr }] = await seenWith(cwd, SOURCES.slice(index), api.url);
    const [mode, from, cassette] = EXPECTED[winner];
    assert.is(seen.mode, mode, stderr);
    assert.match(seen.modeSource, from);
    assert.is(seen.cassette, project.path(cwd, cassette));
    assert.equal(seen.passed, winner === 'default' ? [] : [slug(winner)]);
  });
}

test('under the command, what it does not say is said by the code, else by the config file', async () => {
  const cwd = 'under-the-command';
  project.write(`${cwd}/interposition.config.json`, '{ "cassette": "config.json" }');
  for (const [name, options] of [
    ['code', '{ cassette: "code.json" }'],
    ['config', '{}'],
  ] as const) {
    project.write(
      `${cwd}/${name}.js`,
      `import { installInterposition } from 'interposition';
       const interposition = await installInterposition('replay', ${options});
       console.log(interposition.mode, interposition.report().cassette);
       await interposition.uninstall();`,
    );
    const { stdout, stderr } = await project.interposition(['record', '--', 'node', `${name}.js`], { cwd });
    assert.is(stdout, `record ${project.path(cwd, `${name}.json`)}\n`, stderr);
  }
});

/** What decides in each way in; `who` is asked under the rules of an option that leaves one of three paths alone. */
const WAYS: Readonly<
  Record<string, (options: InterpositionOptions, ask: () => Promise<void>) => Promise<void>>
> = {
  installInterposition: async (options, ask) => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const interposition = await installInterposition('replay', { ...options, store });
    await ask().finally(() => interposition.uninstall());
  },
  withCassette: async (options, ask) => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    await withCassette({ ...options, store, mode: 'replay' }, ask);
  },
  openCassette: async (options, ask) => {
    mkdirSync('__cassettes__');
    writeFileSync('__cassettes__/opened.json', EMPTY);
    const opened = await openCassette('opened', { ...options, mode: 'replay' });
    await ask().finally(() => opened.close());
  },
};

for (const [way, use] of Object.entries(WAYS)) {
  test(`${way}: environment > code > config file > default`, async () => {
    const rule = (source: Source) => `${api.url}/${slug(source)}`;
    for (const [index, winner] of SOURCES.entries()) {
      if (winner === 'command line') continue;
      const says = (source: Source) => SOURCES.indexOf(source) >= index;
      process.chdir(newFolder());
      if (says('config file')) {
        writeFileSync('interposition.config.json', JSON.stringify({ passthrough: rule('config file') }));
      }
      const variable = says('environment') ? JSON.stringify({ passthrough: rule('environment') }) : undefined;
      const passed: Source[] = [];
      await withEnvironment({ INTERPOSITION_OPTIONS: variable }, () =>
        use(says('code') ? { passthrough: rule('code') } : {}, async () => {
          for (const source of SOURCES) {
            const cause = await textOf(rule(source)).then(
              () => passed.push(source),
              ({ cause }) => cause,
            );
            assert.ok(typeof cause === 'number' || cause instanceof InteractionNotFoundError);
          }
        }),
      );
      assert.equal(passed, winner === 'default' ? [] : [winner]);
    }
  });
}

test('an option that the code leaves undefined is the config file’s', async () => {
  process.chdir(newFolder());
  writeFileSync('interposition.config.json', JSON.stringify({ passthrough: `${api.url}/alone` }));
  const store = new MemoryCassetteStore({ createIfMissing: true });
  await withCassette({ store, mode: 'replay', passthrough: undefined } as never, () =>
    textOf(`${api.url}/alone`),
  );
});

test('a store or a cassette in the code takes the place of the config file’s', async () => {
  const folder = newFolder();
  process.chdir(folder);
  writeFileSync('interposition.config.json', JSON.stringify({ cassette: 'config.json' }));
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const first = await installInterposition('record', { store });
  assert.is(first.report().cassette, 'in memory');
  await first.uninstall();
  const second = await installInterposition('record', { cassette: 'code.json' });
  assert.is(second.report().cassette, join(folder, 'code.json'));
  await second.uninstall();
});

test('the mode of a scope is the config file’s, where neither the environment nor its options say one', async () => {
  process.chdir(newFolder());
  writeFileSync('interposition.config.json', JSON.stringify({ mode: 'replay' }));
  // A cassette that is missing would be recorded.
  await withCassette('missing', () => {}).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /missing\.json/),
  );
  await withCassette({ name: 'recorded', mode: 'record' }, () => textOf(`${api.url}/x`));
  await withEnvironment({ INTERPOSITION_MODE: 'record' }, () =>
    withCassette('again', () => textOf(`${api.url}/x`)),
  );
});

test('a MISS names the config file that set the mode', async () => {
  const folder = newFolder();
  process.chdir(folder);
  writeFileSync('interposition.config.json', JSON.stringify({ mode: 'replay' }));
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const { cause } = await withCassette({ store }, () => textOf(`${api.url}/x`)).then(
    assert.unreachable,
    (e) => e,
  );
  assert.match(cause.message, `(set by the config file ${join(folder, 'interposition.config.json')})`);
});

test('where the cassette of a scope is, its name says, and no config file', async () => {
  process.chdir(newFolder());
  writeFileSync('interposition.config.json', JSON.stringify({ cassette: 'together.json' }));
  for (const name of ['one', 'two']) {
    await withCassette({ name, mode: 'record' }, () => textOf(`${api.url}/${name}`));
    await withCassette({ name, mode: 'replay' }, () => textOf(`${api.url}/${name}`));
  }
});

test('test runners: the config file wins over their own defaults, and the code over it', async () => {
  const cwd = 'runner';
  project.write(`${cwd}/interposition.config.json`, '{ "passthrough": [] }');
  project.write(
    `${cwd}/user.test.js`,
    `import test from 'node:test';
     test('asks', async () => { await (await fetch('${api.url}/x')).text(); });`,
  );
  const run = async (code: string) => {
    const setUp = `import { useCassettes } from 'interposition/node-test'; useCassettes(${code});`;
    project.write(`${cwd}/cassettes.js`, setUp);
    const ran = await project.run('node', ['--import', './cassettes.js', 'user.test.js'], { cwd });
    assert.is(ran.code, 0, ran.stdout + ran.stderr);
    return ran.stderr;
  };
  // Requests to this machine pass by default, and are not recorded.
  assert.not.match(await run(`{ passthrough: ['loopback'] }`), 'recorded a new cassette');
  assert.match(await run(''), 'recorded a new cassette');
});

test.run();
