import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  Broker,
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  JsonFileCassetteStore,
} from '../../src/index.js';
import { failure } from '../support/failure.js';
import { withFs } from '../support/fs-spy.js';
import { cassetteOf, interaction, named, namesIn } from '../support/interactions.js';
import { libraryUrl, repoRoot } from '../support/paths.js';
import { hasSmallDisks, onSmallDisk } from '../support/small-disk.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { hasUsers, unprivileged } from '../support/unprivileged.js';

const FOOTER = '\n  ]\n}\n';
const folder = tempFolder();
const stopInSave = join(repoRoot, 'fixtures/programs/kill/stop-in-save.mjs');
let files = 0;

/** A file that holds these, in a folder of its own. */
function fileWith(...names: readonly string[]): string {
  const file = join(folder, `${++files}`, 'cassette.json');
  new JsonFileCassetteStore(file).saveSync(cassetteOf(...names));
  return file;
}

async function namesOf(file: string): Promise<readonly string[]> {
  return namesIn(await new JsonFileCassetteStore(file).load());
}

function inode(file: string): number {
  return statSync(file).ino;
}

/** A store, and what it warns of. */
function listening(file: string): { store: JsonFileCassetteStore; warnings: string[] } {
  const warnings: string[] = [];
  return { store: new JsonFileCassetteStore(file, { warn: (message) => warnings.push(message) }), warnings };
}

const appends = suite('A save of what is new');

appends(
  'leaves what is in the file where it is: the same file, the same bytes, and one block more',
  async () => {
    const file = fileWith('a');
    const store = new JsonFileCassetteStore(file);
    let cassette = await store.load();
    const ino = inode(file);
    for (const name of ['b', 'c', 'd']) {
      const before = readFileSync(file, 'utf8');
      const grown = cassette.append(named(name));
      await (name === 'c' ? store.saveSync(grown, cassette) : store.save(grown, cassette));
      cassette = grown;
      assert.ok(readFileSync(file, 'utf8').startsWith(`${before.slice(0, -FOOTER.length)},\n`));
    }
    assert.is(inode(file), ino);
    const whole = new JsonFileCassetteStore(join(folder, 'whole.json'));
    await whole.save(cassetteOf('a', 'b', 'c', 'd'));
    assert.is(readFileSync(file, 'utf8'), readFileSync(whole.location, 'utf8'), 'as if it was saved at once');
  },
);

appends('reads and writes as much at the 3,000th interaction as at the 10th', async () => {
  const store = new JsonFileCassetteStore(join(folder, 'many.json'), { createIfMissing: true });
  let cassette = await store.load();
  const costs: { calls: number; bytes: number }[] = [];
  let cost = { calls: 0, bytes: 0 };
  await withFs(
    ['readSync', 'writeSync'],
    (_, original) =>
      (...args) => {
        const moved = original(...args) as number;
        cost = { calls: cost.calls + 1, bytes: cost.bytes + moved };
        return moved;
      },
    async () => {
      for (let n = 0; n < 3000; n++) {
        cost = { calls: 0, bytes: 0 };
        const grown = cassette.append(named(String(n).padStart(4, '0')));
        await store.save(grown, cassette);
        cassette = grown;
        costs.push(cost);
      }
    },
  );
  // The cheapest of some: now and then one has to make its lock.
  const [early, late] = [costs.slice(10, 40), costs.slice(-30)].map((some) => ({
    calls: Math.min(...some.map(({ calls }) => calls)),
    bytes: Math.min(...some.map(({ bytes }) => bytes)),
  }));
  assert.ok((late?.calls ?? 0) <= (early?.calls ?? 0), JSON.stringify({ early, late }));
  // The lock names the size of the file, which has more digits by then.
  assert.ok((late?.bytes ?? 0) < (early?.bytes ?? 0) + 20, JSON.stringify({ early, late }));
});

appends(
  'of a refresh goes into the same file; what it replaced is dropped once, when the Broker is closed',
  async () => {
    const names = ['a', 'b', 'c'];
    const file = fileWith(...names, 'other');
    const ino = inode(file);
    const broker = await Broker.fromStore(new JsonFileCassetteStore(file), {
      mode: 'record',
      liveResponder: async function* () {
        yield { data: new Uint8Array(), sequence: 0 };
      },
    });
    for (const name of names) {
      for await (const _ of broker.replay(named(name).request)) {
        // To its end, which waits for the save.
      }
    }
    assert.is(inode(file), ino);
    assert.equal(await namesOf(file), [...names, 'other', ...names]);
    await broker.close();
    assert.is.not(inode(file), ino);
    assert.equal(await namesOf(file), ['other', ...names]);
  },
);

const LAYOUTS: readonly [what: string, layOut: (text: string) => string][] = [
  ['with CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['with spaces behind its end', (text) => `${text}  \n`],
  ['without a line feed at its end', (text) => text.trimEnd()],
  ['minified', (text) => JSON.stringify(JSON.parse(text))],
  ['indented by tabs', (text) => JSON.stringify(JSON.parse(text), null, '\t')],
  [
    'with a list of somebody else behind the interactions',
    (text) => `${text.slice(0, -3)},\n  "notes": [\n    1\n  ]\n}\n`,
  ],
  [
    'with a member whose name is a number behind them',
    (text) => `${text.slice(0, -3)},\n  "1": [\n    1\n  ]\n}\n`,
  ],
];

for (const [what, layOut] of LAYOUTS) {
  appends(`into a file ${what}: it is laid out anew once, and then appended to`, async () => {
    const file = fileWith('a', 'b');
    writeFileSync(file, layOut(readFileSync(file, 'utf8')));
    const store = new JsonFileCassetteStore(file);
    const loaded = await store.load();
    assert.equal(namesIn(loaded), ['a', 'b']);
    const grown = loaded.append(named('c'));
    await store.save(grown, loaded);
    const ino = inode(file);
    await store.save(grown.append(named('d')), grown);
    assert.is(inode(file), ino);
    assert.equal(await namesOf(file), ['a', 'b', 'c', 'd']);
    assert.ok(readFileSync(file, 'utf8').endsWith(FOOTER));
  });
}

appends('leaves an edit as it was made, also where it drops another interaction', async () => {
  const file = fileWith('a', 'b', 'c');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"text": "answer to a"', '"text":    "mine"'));
  const store = new JsonFileCassetteStore(file);
  const loaded = await store.load();
  await store.save(new Cassette(loaded.interactions.slice(0, 2)), loaded);
  assert.match(readFileSync(file, 'utf8'), '"text":    "mine"');
  assert.equal(await namesOf(file), ['a', 'b']);
});

appends('that is the same twice is there twice, also where others add at the same time', async () => {
  const file = fileWith('a');
  const [mine, other] = [new JsonFileCassetteStore(file), new JsonFileCassetteStore(file)];
  const loaded = await mine.load();
  const theirs = await other.load();
  const twice = loaded.append(named('same')).append(named('same'));
  await other.save(theirs.append(named('theirs')), theirs);
  await mine.save(twice, loaded);
  assert.equal(await namesOf(file), ['a', 'theirs', 'same', 'same']);
});

appends(
  'that was done, and of which its caller has not heard when the process exits, is there once',
  async () => {
    const file = fileWith('a');
    const store = new JsonFileCassetteStore(file);
    const loaded = await store.load();
    const one = loaded.append(named('b'));
    const two = one.append(named('c'));
    await store.save(one, loaded);
    store.saveSync(two, loaded);
    assert.equal(await namesOf(file), ['a', 'b', 'c']);
  },
);

appends('that others have appended, too, is there once', async () => {
  const file = fileWith('a');
  const [mine, other] = [new JsonFileCassetteStore(file), new JsonFileCassetteStore(file)];
  const [loaded, theirs] = [await mine.load(), await other.load()];
  await other.save(theirs.append(named('same')), theirs);
  await mine.save(loaded.append(named('same')).append(named('more')), loaded);
  assert.equal(await namesOf(file), ['a', 'same', 'more']);
});

appends('of two that grew from the same cassette in one store keeps both', async () => {
  const file = fileWith('a');
  const store = new JsonFileCassetteStore(file);
  const loaded = await store.load();
  await store.save(loaded.append(named('b')), loaded);
  await store.save(loaded.append(named('c')), loaded);
  assert.equal(await namesOf(file), ['a', 'b', 'c']);
});

appends(
  'is on the disk when it resolves, with fsync: the lock first, and then what is appended',
  async () => {
    for (const form of ['save', 'saveSync'] as const) {
      const file = fileWith('a');
      const store = new JsonFileCassetteStore(file, { fsync: true });
      const loaded = await store.load();
      const calls: string[] = [];
      await withFs(
        ['fsyncSync', 'writeSync'],
        (name, original) =>
          (...args) => {
            calls.push(name === 'writeSync' && args[4] !== undefined ? 'append' : name);
            return original(...args);
          },
        async () => store[form](loaded.append(named('b')), loaded),
      );
      assert.ok(calls.includes('append'));
      if (form === 'saveSync') {
        assert.equal(calls, ['writeSync', 'writeSync', 'fsyncSync', 'fsyncSync', 'append', 'fsyncSync']);
      }
      assert.equal(await namesOf(file), ['a', 'b']);
    }
  },
);

appends.run();

const torn = suite('An append that was torn');

/** The states that a file can be in while an append overwrites its footer, by how many bytes of it are written. */
async function tornStates(): Promise<{ file: string; lock: string; states: Buffer[]; size: number }> {
  const file = fileWith('a', 'b');
  const before = readFileSync(file);
  const args = [stopInSave, libraryUrl, file, named('c').request.target, 'append', 'killed'];
  assert.is(spawnSync(process.execPath, args).signal, 'SIGKILL');
  const lock = readFileSync(`${file}.lock`, 'utf8');
  const whole = fileWith('a', 'b', 'c');
  const added = readFileSync(whole).subarray(before.length - FOOTER.length);
  const states = Array.from({ length: added.length + 1 }, (_, written) => {
    const state = Buffer.alloc(Math.max(before.length, before.length - FOOTER.length + written));
    before.copy(state);
    added.copy(state, before.length - FOOTER.length, 0, written);
    return state;
  });
  return { file, lock, states, size: before.length };
}

torn(
  'at any byte is cut by the lock: a load warns and changes nothing, and a save puts the file right',
  async () => {
    const { file, lock, states, size } = await tornStates();
    for (const [written, state] of states.entries()) {
      const isTorn = written > 0 && written < states.length - 2;
      const expected = written < states.length - 2 ? ['a', 'b'] : ['a', 'b', 'c'];
      // In place, as the lock counts for this one file.
      writeFileSync(file, state);
      writeFileSync(`${file}.lock`, lock);
      const { store, warnings } = listening(file);
      const loaded = await store.load();
      assert.equal(namesIn(loaded), expected, `with ${written} bytes`);
      assert.is(warnings.length, Number(isTorn), `with ${written} bytes: ${warnings}`);
      assert.equal(readFileSync(file), state);
      if (written % 11 === 0 || written < 9 || written > states.length - 9) {
        await store.save(loaded.append(named('d')), loaded);
        await store.flush();
        assert.equal(await namesOf(file), [...expected, 'd'], `saved over ${written} bytes`);
        assert.is(existsSync(`${file}.lock`), false);
        if (isTorn) {
          assert.match(String(warnings[1]), new RegExp(`cut back to its ${size} bytes`));
        }
      }
    }
  },
);

torn('at any byte is an error without the lock, with the byte and a repair that works', async () => {
  const { file, states, size } = await tornStates();
  for (const [written, state] of states.entries()) {
    writeFileSync(file, state);
    rmSync(`${file}.lock`, { force: true });
    if (written === 0 || written >= states.length - 2) {
      assert.is((await namesOf(file)).length, written === 0 ? 2 : 3);
      continue;
    }
    const { message } = await failure(CassetteLoadError, () => new JsonFileCassetteStore(file).load());
    const [, bytes, behind] = /cut it after byte (\d+) and put (".*?") behind that/.exec(message) ?? [];
    assert.ok(bytes !== undefined && behind !== undefined, message);
    assert.ok(Number(bytes) >= size - FOOTER.length, message);
    writeFileSync(file, Buffer.concat([state.subarray(0, Number(bytes)), Buffer.from(JSON.parse(behind))]));
    assert.equal((await namesOf(file)).slice(0, 2), ['a', 'b'], message);
  }
});

torn('is not cut where somebody has put another file in its place, or laid this one out anew', async () => {
  const { file, lock, size } = await tornStates();
  const { store } = listening(file);
  const other = `${readFileSync(file, 'utf8').slice(0, size - FOOTER.length)}${FOOTER}   \n`;
  writeFileSync(file, other);
  writeFileSync(`${file}.lock`, lock);
  const loaded = await store.load();
  await store.save(loaded.append(named('d')), loaded);
  assert.equal(await namesOf(file), ['a', 'b', 'd']);
});

torn('by a process that was stopped, and goes on when its lock was taken over: nothing is lost', async () => {
  const file = fileWith('a', 'b');
  const ino = inode(file);
  const args = [stopInSave, libraryUrl, file, named('slow').request.target, 'append', 'alive'];
  const other = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(other, 'exit');
  await once(other.stdout, 'data');
  const anHourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(`${file}.lock`, anHourAgo, anHourAgo);
  const { store, warnings } = listening(file);
  const loaded = await store.load();
  await store.save(loaded.append(named('quick')), loaded);
  assert.equal(await namesOf(file), ['a', 'b', 'quick']);
  assert.is.not(inode(file), ino, 'the stopped one keeps the file that it may still write into');
  assert.is(warnings.length, 2);
  other.stdin.end('..');
  assert.equal(await exited, [0, null]);
  assert.equal(await namesOf(file), ['a', 'b', 'quick', 'slow']);
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

torn('where the takeover of its lock was killed, too, is cut all the same', async () => {
  const { file, lock, states } = await tornStates();
  writeFileSync(file, states[100] as Buffer);
  writeFileSync(`${file}.lock`, lock);
  writeFileSync(`${file}.lock.next`, lock);
  const { store } = listening(file);
  const loaded = await store.load();
  await store.save(loaded.append(named('d')), loaded);
  assert.equal(await namesOf(file), ['a', 'b', 'd']);
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

torn.run();

const failing = suite('An append that fails');

/** Has every append stop after half of its bytes with this error. */
function failingWith<T>(code: string, also: readonly 'ftruncateSync'[], work: () => Promise<T>): Promise<T> {
  const broken = () => {
    throw Object.assign(new Error(`${code}: it is broken`), { code });
  };
  return withFs(
    ['writeSync', ...also],
    (name, original) =>
      (...args) => {
        const [file, data, offset, length, position] = args as [number, Buffer, number, number, number];
        if (name === 'writeSync' && position === undefined) {
          return original(...args);
        }
        return name === 'writeSync' && length > 100
          ? original(file, data, offset, Math.floor(length / 2), position) && broken()
          : name === 'writeSync'
            ? original(...args)
            : broken();
      },
    work,
  );
}

for (const form of ['save', 'saveSync'] as const) {
  failing(`${form}: the file is what it was, and later saves work`, async () => {
    const file = fileWith('a');
    const text = readFileSync(file, 'utf8');
    const { store, warnings } = listening(file);
    const loaded = await store.load();
    const grown = loaded.append(named('b'));
    await failingWith('EIO', [], async () => {
      const { message } = await failure(CassetteSaveError, async () => store[form](grown, loaded));
      assert.match(message, /EIO.*What was in the file is still there/);
    });
    assert.is(readFileSync(file, 'utf8'), text);
    assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
    await store[form](grown.append(named('c')), loaded);
    assert.equal(await namesOf(file), ['a', 'b', 'c']);
    assert.equal(warnings, []);
  });

  failing(`${form}, and cannot be undone: the lock tells, and later saves work`, async () => {
    const file = fileWith('a');
    const { store, warnings } = listening(file);
    const loaded = await store.load();
    const grown = loaded.append(named('b'));
    await failingWith('EIO', ['ftruncateSync'], async () => {
      await failure(CassetteSaveError, async () => store[form](grown, loaded));
    });
    assert.equal(namesIn(await listening(file).store.load()), ['a']);
    await store[form](grown, loaded);
    assert.equal(await namesOf(file), ['a', 'b']);
    assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
    assert.is(warnings.length, 1);
  });
}

const needsSmallDisk = failing.skipUnless(
  hasSmallDisks,
  'a disk of 64 KiB can be mounted by root on Linux only',
);

needsSmallDisk('for want of room: the file is what it was, and a smaller save works', () =>
  onSmallDisk(async (disk) => {
    const file = join(disk, 'cassette.json');
    const store = new JsonFileCassetteStore(file, { createIfMissing: true });
    const empty = await store.load();
    const a = empty.append(named('a'));
    await store.save(a, empty);
    const text = readFileSync(file, 'utf8');
    const tooBig = a.append(interaction({ answer: 'x'.repeat(100_000) }));
    for (const attempt of [() => store.save(tooBig, a), () => store.saveSync(tooBig, a)]) {
      const { message } = await failure(CassetteSaveError, attempt);
      assert.match(message, /ENOSPC.*What was in the file is still there/);
      assert.is(readFileSync(file, 'utf8'), text);
      assert.equal(readdirSync(disk), ['cassette.json']);
    }
    const b = a.append(named('b'));
    await store.save(b, a);
    assert.equal(await namesOf(file), ['a', 'b']);
    await store.flush();
  }),
);

const needsUsers = failing.skipUnless(hasUsers, 'files have no owners here');

needsUsers('where no lock can be made says so, though the file itself may be written', async () => {
  const file = fileWith('a');
  chmodSync(file, 0o666);
  chmodSync(join(file, '..'), 0o555);
  await unprivileged(async () => {
    const store = new JsonFileCassetteStore(file);
    const loaded = await store.load();
    const { message } = await failure(CassetteSaveError, () => store.save(loaded.append(named('b')), loaded));
    assert.match(message, 'no lock can be made beside the file (EACCES)');
  });
});

needsUsers('where the file may not be written is an error: its mode is respected', async () => {
  const file = fileWith('a');
  chmodSync(file, 0o444);
  chmodSync(join(file, '..'), 0o777);
  await unprivileged(async () => {
    const store = new JsonFileCassetteStore(file);
    const loaded = await store.load();
    const { message } = await failure(CassetteSaveError, () => store.save(loaded.append(named('b')), loaded));
    assert.match(message, 'EACCES');
  });
  assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
});

failing.run();
