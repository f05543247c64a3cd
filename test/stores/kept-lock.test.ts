import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Broker, Cassette, JsonFileCassetteStore } from '../../src/index.js';
import { named, namesIn } from '../support/interactions.js';
import { libraryUrl, repoRoot } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('A lock that is kept while one save follows on another');

const program = join(repoRoot, 'fixtures/programs/kill/keep-lock.mjs');
const folder = tempFolder();
let files = 0;

function newFile(): string {
  const home = join(folder, `${++files}`);
  mkdirSync(home);
  return join(home, 'cassette.json');
}

async function namesOf(file: string): Promise<readonly string[]> {
  return namesIn(await new JsonFileCassetteStore(file).load());
}

/** A store whose lock is kept now, and what it has saved. On a slow machine a save may come too late to keep it. */
async function keeping(
  file: string,
  target = file,
): Promise<{ store: JsonFileCassetteStore; cassette: Cassette }> {
  const store = new JsonFileCassetteStore(file, { createIfMissing: true });
  let cassette = await store.load();
  do {
    const grown = cassette.append(named(`kept.${cassette.size + 1}`));
    await store.save(grown, cassette);
    cassette = grown;
    assert.ok(cassette.size < 1000, 'its lock is kept some time');
  } while (!existsSync(`${target}.lock`));
  return { store, cassette };
}

interface Keeping {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  /** How many interactions it had saved when it stopped. */
  readonly saves: number;
  /** What it says in the end. */
  readonly said: () => string;
}

/** Another process that keeps the lock, and whose event loop stands still. */
async function another(file: string, name: string): Promise<Keeping> {
  const child = spawn(process.execPath, [program, libraryUrl, file, name], { stdio: 'pipe' });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const exited = once(child, 'close');
  const [saves] = await once(child.stdout, 'data');
  child.stdout.on('data', (text) => {
    said += text;
  });
  return { child, exited, saves: Number(String(saves)), said: () => said };
}

function namesFrom(name: string, saves: number): readonly string[] {
  return Array.from({ length: saves }, (_, index) => `${name}.${index + 1}`);
}

test('is taken at once by another process, also where the event loop of its holder stands still', async () => {
  const file = newFile();
  const { child, exited, saves, said } = await another(file, 'a');
  assert.ok(existsSync(`${file}.lock`), 'it is kept');
  const store = new JsonFileCassetteStore(file);
  const loaded = await store.load();
  await store.save(loaded.append(named('b')), loaded);
  assert.equal(await namesOf(file), [...namesFrom('a', saves), 'b']);
  assert.ok(child.exitCode === null, 'its holder stands there still');
  child.stdin?.end('.');
  assert.equal(await exited, [0, null]);
  assert.is(said(), ` ${saves + 1} 0`, 'nobody was taken for dead');
  assert.equal(await namesOf(file), [...namesFrom('a', saves), 'b', `a.${saves + 1}`]);
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

test('keeps no process running, and is not left behind where one ends', async () => {
  const file = newFile();
  const { child, exited, saves, said } = await another(file, 'a');
  child.stdin?.end('.');
  assert.equal(await exited, [0, null]);
  assert.is(said(), ` ${saves + 1} 0`, 'no timer that the process would wait for');
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

test('of a process that was killed is taken as one that is free: nothing is cut, nobody is warned', async () => {
  const file = newFile();
  const { child, exited, saves } = await another(file, 'a');
  child.kill('SIGKILL');
  assert.equal(await exited, [null, 'SIGKILL']);
  const before = readFileSync(file);
  const warnings: string[] = [];
  const store = new JsonFileCassetteStore(file, { warn: (message) => warnings.push(message) });
  const loaded = await store.load();
  assert.equal(readFileSync(file), before);
  await store.save(loaded.append(named('b')), loaded);
  await store.flush();
  assert.equal(warnings, []);
  assert.equal(await namesOf(file), [...namesFrom('a', saves), 'b']);
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

test('goes from one process to another and back as often as they like', async () => {
  const file = newFile();
  const others = await Promise.all(['a', 'b', 'c'].map((name) => another(file, name)));
  const { store, cassette } = await keeping(file);
  for (const { child } of others) {
    child.stdin?.end('.');
  }
  const grown = cassette.append(named('last'));
  await store.save(grown, cassette);
  for (const { exited } of others) {
    assert.equal(await exited, [0, null]);
  }
  await store.flush();
  const expected = [
    ...others.flatMap(({ saves }, index) => namesFrom('abc'[index] as string, saves + 1)),
    ...namesIn(grown).filter((name) => name.startsWith('kept') || name === 'last'),
  ];
  assert.equal([...(await namesOf(file))].sort(), expected.sort());
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

const EDITS: readonly [what: string, edit: (file: string, text: string) => void][] = [
  ['in place', (file, text) => writeFileSync(file, text)],
  [
    'by another file in its place',
    (file, text) => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    },
  ],
];

for (const [what, edit] of EDITS) {
  test(`does not hide what a program without locks does to the file meanwhile, ${what}`, async () => {
    const file = newFile();
    const { store, cassette } = await keeping(file);
    const other = new JsonFileCassetteStore(join(folder, `${++files}.json`));
    await other.save(new Cassette([...cassette.interactions.slice(1), named('theirs')]));
    edit(file, readFileSync(other.location, 'utf8'));
    await store.save(cassette.append(named('mine')), cassette);
    const kept = namesIn(cassette).slice(1);
    assert.equal(await namesOf(file), [...kept, 'theirs', 'mine']);
    await store.flush();
  });
}

test('is that of the file that a link leads to, also where it leads elsewhere by the next save', async () => {
  const [link, first, second] = [newFile(), newFile(), newFile()];
  symlinkSync(first, link);
  const { store, cassette } = await keeping(link, first);
  rmSync(link);
  symlinkSync(second, link);
  await store.save(cassette.append(named('mine')), cassette);
  await store.flush();
  assert.equal(await namesOf(first), namesIn(cassette));
  assert.equal(await namesOf(second), ['mine']);
});

test('is gone when a Broker is closed', async () => {
  const file = newFile();
  const broker = await Broker.fromStore(new JsonFileCassetteStore(file, { createIfMissing: true }), {
    mode: 'record',
    liveResponder: async function* () {
      yield { data: new Uint8Array(), sequence: 0 };
    },
  });
  let count = 0;
  do {
    for await (const _ of broker.replay(named(String(++count)).request)) {
      // To its end, which waits for the save.
    }
  } while (!existsSync(`${file}.lock`));
  await broker.close();
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
  assert.is((await namesOf(file)).length, count);
});

test('that somebody has deleted is made anew', async () => {
  const file = newFile();
  const { store, cassette } = await keeping(file);
  rmSync(`${file}.lock`);
  await store.save(cassette.append(named('more')), cassette);
  await store.flush();
  assert.equal(await namesOf(file), [...namesIn(cassette), 'more']);
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

test.run();
