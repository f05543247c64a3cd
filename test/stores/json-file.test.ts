import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import {
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  InvalidOptionError,
  JsonFileCassetteStore,
} from '../../src/index.js';
import { SHAPES } from '../contract/interaction-shapes.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { assertSameInteractions, cassetteOf, interaction, named, namesIn } from '../support/interactions.js';
import { libraryUrl, repoRoot } from '../support/paths.js';
import { hasSmallDisks, onSmallDisk } from '../support/small-disk.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { hasUsers, unprivileged } from '../support/unprivileged.js';

const folder = tempFolder();
const stopInSave = join(repoRoot, 'fixtures/programs/kill/stop-in-save.mjs');
let files = 0;

function newFile(): string {
  return join(folder, `${++files}`, 'cassette.json');
}

/** A file that holds these interactions, its text, and the folder it is in. */
function savedFile(cassette: Cassette): { file: string; text: string; folder: string } {
  const file = newFile();
  new JsonFileCassetteStore(file).saveSync(cassette);
  return { file, text: readFileSync(file, 'utf8'), folder: join(file, '..') };
}

function load(file: string): Promise<Cassette> {
  return new JsonFileCassetteStore(file).load();
}

function save(file: string, cassette: Cassette): Promise<void> {
  return new JsonFileCassetteStore(file).save(cassette);
}

/** The same, where this process has not written it. */
function foundFile(cassette: Cassette): { file: string; folder: string } {
  const file = newFile();
  mkdirSync(join(file, '..'));
  writeFileSync(file, savedFile(cassette).text);
  return { file, folder: join(file, '..') };
}

/** What another program does to a cassette: adds an interaction, or takes one out. */
async function change(file: string, names: (before: readonly string[]) => readonly string[]): Promise<void> {
  const before = await load(file);
  const after = names(namesIn(before)).map(named);
  rmSync(file);
  await save(file, new Cassette(after));
}

const contract = suite('JsonFileCassetteStore keeps the contract');

storeContract(contract, {
  make: (options) => new JsonFileCassetteStore(newFile(), options),
  reopen: (store) => new JsonFileCassetteStore(String(store.location)),
  exists: (store) => existsSync(join(String(store.location), '..')),
});

contract.run();

const bad = suite('JsonFileCassetteStore and bad input');
const valid = savedFile(cassetteOf('a', 'b', 'c')).text;
const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);

type Row = readonly [what: string, content: string | Uint8Array, message: string | RegExp];

const BAD: readonly Row[] = [
  ['nothing at all', '', 'the file is empty'],
  ['only white space', ' \n\t\n', 'the file is empty'],
  ['zeros', new Uint8Array(4096), 'it is not JSON'],
  ['text', 'not a cassette', 'it is not JSON'],
  ['HTML', '<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n', 'it is not JSON'],
  ['NDJSON', '{"a":1}\n{"a":2}\n', 'JSON'],
  ['JSON with a comment', valid.replace('{', '{ // mine'), 'it is not JSON'],
  ['JSON with a comma too many', valid.replace(/\n {2}\]\n/, ',\n  ]\n'), 'it is not JSON'],
  ['something behind its end', `${valid}${valid}`, 'it is not JSON'],
  ['null', 'null', 'it is not a cassette'],
  ['a number', '1', 'it is not a cassette'],
  ['a string', '"interposition"', 'it is not a cassette'],
  ['a list', '[]', 'it is not a cassette'],
  ['an empty object', '{}', 'it is not a cassette'],
  ["another tool's JSON", '{"interactions":[],"recorded_with":"VCR 6.0"}', 'it is not a cassette'],
  ['a HAR file', '{"log":{"version":"1.2","entries":[]}}', 'it is not a cassette'],
  ['no interactions', '{"interposition":1}', 'it is not a cassette'],
  ['interactions that are no list', '{"interposition":1,"interactions":{"0":{}}}', 'it is not a cassette'],
  ['version 0', valid.replace('"interposition": 1', '"interposition": 0'), 'it is not a cassette'],
  ['version "1"', valid.replace('"interposition": 1', '"interposition": "1"'), 'it is not a cassette'],
  ['version true', valid.replace('"interposition": 1', '"interposition": true'), 'it is not a cassette'],
  [
    'version 2',
    valid.replace('"interposition": 1', '"interposition": 2'),
    /version is 2.*Update the package/,
  ],
  ['a git conflict', conflict(valid), /git conflict markers.*keep the interactions of both sides/],
  ['a list nested 100,000 deep', deep('[', ']'), 'it is not a cassette'],
  ['a list nested 100,000 deep that never ends', deep('[', ''), 'it is not JSON'],
  [
    'an interaction nested 100,000 deep',
    `{"interposition":1,"interactions":[${deep('{"json":', '}').replace(':}', ':1}')}]}`,
    'interaction 1 of 1',
  ],
  [
    'a prototype in the place of a file',
    '{"__proto__":{"interposition":1,"interactions":[]}}',
    'it is not a cassette',
  ],
  ['a byte that is no UTF-8', Buffer.from(valid.replace('to b', 'to \xff'), 'latin1'), 'UTF-8'],
  ['UTF-16', Buffer.from(`\ufeff${valid}`, 'utf16le'), /UTF-8|not JSON/],
];

function conflict(text: string): string {
  const lines = text.split('\n');
  const middle = Math.floor(lines.length / 2);
  const [ours, theirs] = [lines.slice(middle, middle + 3), lines.slice(middle + 1, middle + 5)];
  const marked = ['<<<<<<< HEAD', ...ours, '=======', ...theirs, '>>>>>>> feature/more'];
  return [...lines.slice(0, middle), ...marked, ...lines.slice(middle + 5)].join('\n');
}

for (const [what, content, message] of BAD) {
  bad(`a file that holds ${what}: an error in load, and save leaves it alone`, async () => {
    const file = newFile();
    mkdirSync(join(file, '..'));
    writeFileSync(file, content);
    for (const createIfMissing of [false, true]) {
      const store = new JsonFileCassetteStore(file, { createIfMissing });
      const error = await failure(CassetteLoadError, () => store.load());
      assert.match(error.message, message);
      assert.match(error.message, file);
      assert.is(error.location, file);
      const refused = await failure(CassetteSaveError, () => store.save(cassetteOf('new')));
      assert.match(refused.message, file);
      assert.is(refused.location, file);
      await failure(CassetteSaveError, () => store.saveSync(cassetteOf('new')));
    }
    assert.equal(readFileSync(file), Buffer.from(content), 'the file is what it was');
    assert.equal(readdirSync(join(file, '..')), ['cassette.json']);
  });
}

bad('a file cut off at any byte: never an empty or a shorter cassette', async () => {
  const { file, text } = savedFile(new Cassette(SHAPES.slice(0, 6).map(([, shape]) => shape)));
  const size = Buffer.byteLength(text);
  let cutOff = 0;
  // Without its last byte, a line feed, the file is still whole.
  for (let length = size - 2; length >= 0; length--) {
    truncateSync(file, length);
    const { message } = await failure(CassetteLoadError, () => load(file));
    cutOff += Number(message.includes(`cut off after byte ${length}`));
    assert.match(message, length === 0 ? 'empty' : /version control|record again/);
  }
  assert.ok(cutOff > 0.97 * size, `said so, and where, for ${cutOff} of ${size} cuts`);
});

bad('a file that becomes corrupt while it is in use: the save fails and leaves it', async () => {
  const { file, text } = savedFile(cassetteOf('a'));
  const store = new JsonFileCassetteStore(file);
  const cassette = await store.load();
  writeFileSync(file, text.slice(0, -30));
  const error = await failure(CassetteSaveError, () => store.save(cassette.append(named('b'))));
  assert.match(error.message, 'cut off');
  assert.is(error.code, 'ERR_CASSETTE_SAVE');
  assert.instance(error.cause, CassetteLoadError);
  assert.is(readFileSync(file, 'utf8'), text.slice(0, -30));
  writeFileSync(file, text);
  await store.save(cassette.append(named('b')));
  assert.equal(namesIn(await load(file)), ['a', 'b']);
});

bad('a file that starts with a byte order mark, as some editors leave it, loads', async () => {
  const { file, text } = savedFile(cassetteOf('a'));
  writeFileSync(file, `\ufeff${text}`);
  assert.equal(namesIn(await load(file)), ['a']);
});

bad('a file with CRLF, as git may check it out, loads', async () => {
  const { file, text } = savedFile(new Cassette([interaction({ answer: 'a\nb\r\nc' })]));
  writeFileSync(file, text.replaceAll('\n', '\r\n'));
  assertSameInteractions((await load(file)).interactions, [interaction({ answer: 'a\nb\r\nc' })]);
});

bad('conflict markers within a recorded body are none', async () => {
  const lines = ['', '<<<<<<< HEAD', 'ours', '=======', 'theirs', '>>>>>>> branch', ''];
  // U+2028 ends a line for a regular expression, and stands as it is in JSON.
  const answer = [lines.join('\n'), lines.join('\u2028'), lines.join('\r')].join('\n');
  const { file } = savedFile(new Cassette([interaction({ answer })]));
  assertSameInteractions((await load(file)).interactions, [interaction({ answer })]);
});

bad('a folder in the place of the file', async () => {
  const file = newFile();
  mkdirSync(file, { recursive: true });
  for (const createIfMissing of [false, true]) {
    const store = new JsonFileCassetteStore(file, { createIfMissing });
    assert.match((await failure(CassetteLoadError, () => store.load())).message, 'it is a folder');
    await failure(CassetteSaveError, () => store.save(cassetteOf('a')));
    await failure(CassetteSaveError, () => store.saveSync(cassetteOf('a')));
  }
  assert.equal(readdirSync(join(file, '..')), ['cassette.json'], 'no draft is left beside it');
});

bad('a file in the place of a folder', async () => {
  const { file } = savedFile(cassetteOf('a'));
  for (const createIfMissing of [false, true]) {
    const store = new JsonFileCassetteStore(join(file, 'b.json'), { createIfMissing });
    await failure(CassetteLoadError, () => store.load());
    await failure(CassetteSaveError, () => store.save(cassetteOf('b')));
    await failure(CassetteSaveError, () => store.saveSync(cassetteOf('b')));
  }
  assert.equal(namesIn(await load(file)), ['a']);
});

bad('symbolic links in a circle', async () => {
  const file = newFile();
  mkdirSync(join(file, '..'));
  symlinkSync('other.json', file);
  symlinkSync('cassette.json', join(file, '../other.json'));
  const store = new JsonFileCassetteStore(file, { createIfMissing: true });
  assert.match((await failure(CassetteLoadError, () => store.load())).message, 'ELOOP');
  await failure(CassetteSaveError, () => store.save(cassetteOf('a')));
  assert.ok(lstatSync(file).isSymbolicLink());
});

const needsUsers = bad.skipUnless(hasUsers, 'files have no owners here');

needsUsers('a file that may not be read', async () => {
  const { file, text, folder } = savedFile(cassetteOf('a'));
  chmodSync(folder, 0o755);
  chmodSync(file, 0o000);
  await unprivileged(async () => {
    for (const createIfMissing of [false, true]) {
      const store = new JsonFileCassetteStore(file, { createIfMissing });
      const { message } = await failure(CassetteLoadError, () => store.load());
      assert.match(message, /may not be read \(EACCES\).*right to read/);
      await failure(CassetteSaveError, () => store.save(cassetteOf('b')));
    }
  });
  chmodSync(file, 0o600);
  assert.is(readFileSync(file, 'utf8'), text);
});

needsUsers('a folder that may not be entered: never an empty cassette', async () => {
  const { file, folder } = savedFile(cassetteOf('a'));
  chmodSync(folder, 0o000);
  await unprivileged(async () => {
    const store = new JsonFileCassetteStore(file, { createIfMissing: true });
    assert.match((await failure(CassetteLoadError, () => store.load())).message, 'EACCES');
  });
  chmodSync(folder, 0o700);
  assert.equal(namesIn(await load(file)), ['a']);
});

needsUsers('a save into a folder that may not be written', async () => {
  const { file, text, folder } = savedFile(cassetteOf('a'));
  chmodSync(file, 0o644);
  chmodSync(folder, 0o555);
  await unprivileged(async () => {
    const store = new JsonFileCassetteStore(file);
    const cassette = (await store.load()).append(named('b'));
    for (const attempt of [() => store.save(cassette), () => store.saveSync(cassette)]) {
      const { message } = await failure(CassetteSaveError, attempt);
      assert.match(message, /EACCES.*What was in the file is still there/);
    }
    const deeper = new JsonFileCassetteStore(join(folder, 'more/b.json'), { createIfMissing: true });
    await deeper.load();
    await failure(CassetteSaveError, () => deeper.save(cassetteOf('b')));
  });
  chmodSync(folder, 0o755);
  assert.equal(readdirSync(folder), ['cassette.json']);
  assert.is(readFileSync(file, 'utf8'), text);
});

const needsSmallDisk = bad.skipUnless(hasSmallDisks, 'a disk of 64 KiB can be mounted by root on Linux only');

needsSmallDisk('a save onto a full disk', () =>
  onSmallDisk(async (disk) => {
    const file = join(disk, 'cassette.json');
    const store = new JsonFileCassetteStore(file);
    await store.save(cassetteOf('a'));
    const text = readFileSync(file, 'utf8');
    const tooBig = new Cassette([named('a'), interaction({ answer: 'x'.repeat(100_000) })]);
    for (const attempt of [() => store.save(tooBig), () => store.saveSync(tooBig)]) {
      const { message } = await failure(CassetteSaveError, attempt);
      assert.match(message, /ENOSPC.*What was in the file is still there/);
      assert.equal(readdirSync(disk), ['cassette.json'], 'no draft takes up the space');
      assert.is(readFileSync(file, 'utf8'), text);
    }
    await store.save(cassetteOf('a', 'b'));
    assert.equal(namesIn(await load(file)), ['a', 'b']);
  }),
);

needsSmallDisk('a save onto a disk without a byte left', () =>
  onSmallDisk(async (disk) => {
    const file = join(disk, 'cassette.json');
    const filler = join(disk, 'filler');
    const store = new JsonFileCassetteStore(file);
    await store.save(cassetteOf('a'));
    assert.throws(() => writeFileSync(filler, 'x'.repeat(100_000)));
    const more = cassetteOf('a', 'b');
    for (const attempt of [() => store.save(more), () => store.saveSync(more), () => store.save(more)]) {
      assert.match((await failure(CassetteSaveError, attempt)).message, 'ENOSPC');
      assert.equal(readdirSync(disk).sort(), ['cassette.json', 'filler']);
    }
    assert.equal(namesIn(await load(file)), ['a']);
    rmSync(filler);
    await store.save(more);
    assert.equal(namesIn(await load(file)), ['a', 'b']);
  }),
);

bad.run();

const edits = suite('A cassette file edited by hand');

function edited(cassette: Cassette, from: string | RegExp, to: string): string {
  const { file, text } = savedFile(cassette);
  const changed = text.replace(from, to);
  assert.is.not(changed, text, `the edit ${String(from)} has its place in\n${text}`);
  writeFileSync(file, changed);
  return file;
}

async function answerIn(file: string): Promise<string> {
  const [first] = (await load(file)).interactions;
  return Buffer.concat((first?.responseChunks ?? []).map(({ data }) => data)).toString();
}

type Edit = readonly [form: string, answer: string | Uint8Array, from: string, to: string, expected: string];

const EDITS: readonly Edit[] = [
  ['JSON', '{"name":"Ada","age":36}', '"Ada"', '"Grace"', '{"name":"Grace","age":36}'],
  ['indented JSON', '{\n  "n": 1\n}', '"n": 1', '"n": 2', '{\n  "n": 2\n}'],
  [
    'JSON as Python prints it',
    '{"n": 1, "s": "\\u00e9"}',
    '"n": 1',
    '"n": [1,2]',
    '{"n": [1, 2], "s": "\\u00e9"}',
  ],
  ['text', 'hello', '"hello"', '"good bye"', 'good bye'],
  ['text by lines', 'one\ntwo\n', '"two\\n"', '"2\\n", "three\\n"', 'one\n2\nthree\n'],
  ['base64', Uint8Array.of(0, 1, 2, 255), '"AAEC/w=="', '"aGVsbG8="', 'hello'],
  ['another form', 'hello', '"text": "hello"', '"json": {"a":1}', '{"a":1}'],
];

for (const [form, answer, from, to, expected] of EDITS) {
  edits(`a response body that stands as ${form} answers as it was edited`, async () => {
    const file = edited(new Cassette([interaction({ answer })]), from, to);
    assert.is(await answerIn(file), expected);
  });
}

edits('a chunk of text that was edited, and one that was added, arrive as chunks', async () => {
  const answer = ['data: 1\n\n', 'data: 2\n\n'];
  const chunked = interaction({ answer, trailers: [['trailer:x-sum', '3']] });
  const file = edited(new Cassette([chunked]), '["data: 2\\n", "\\n"]', '["data: 22\\n", "\\n"], "data: 3"');
  const [first] = (await load(file)).interactions;
  assert.equal(
    first?.responseChunks.map(({ data }) => Buffer.from(data).toString()),
    ['data: 1\n\n', 'data: 22\n\n', 'data: 3'],
  );
});

edits('where the last chunk was deleted, its trailers go with the one before', async () => {
  const chunked = interaction({ answer: ['one,', 'two'], trailers: [['trailer:x-sum', '3']] });
  const file = edited(new Cassette([chunked]), '"one,", "two"', '"one"');
  const [first] = (await load(file)).interactions;
  assert.is(await answerIn(file), 'one');
  assert.equal(first?.responseChunks[0]?.metadata, [
    ['status_code', '200'],
    ['trailer:x-sum', '3'],
  ]);
});

edits('a response body whose chunks no longer add up is one chunk, with all the metadata', async () => {
  const chunked = interaction({ answer: ['{"n":', '1}'], trailers: [['trailer:x-sum', '3']] });
  const file = edited(new Cassette([chunked]), '"n": 1', '"n": 12');
  const [first] = (await load(file)).interactions;
  assert.is(await answerIn(file), '{"n":12}');
  assert.is(first?.responseChunks.length, 1);
  assert.equal(first?.responseChunks[0]?.metadata, [
    ['status_code', '200'],
    ['trailer:x-sum', '3'],
  ]);
});

edits('a response body edited to the same length keeps its chunks', async () => {
  const file = edited(new Cassette([interaction({ answer: ['{"n":', '1}'] })]), '"n": 1', '"n": 2');
  const [first] = (await load(file)).interactions;
  assert.equal(
    first?.responseChunks.map(({ data }) => Buffer.from(data).toString()),
    ['{"n":', '2}'],
  );
});

edits('a block that was edited is still as it was edited when another is added', async () => {
  const file = edited(cassetteOf('a'), '"answer to a"', '["answer ", "to a"]');
  const store = new JsonFileCassetteStore(file);
  const cassette = await store.load();
  const before = readFileSync(file, 'utf8').split('\n').slice(0, -3);
  await store.save(cassette.append(named('b')));
  assert.ok(readFileSync(file, 'utf8').startsWith(`${before.join('\n')},`));
});

edits('a status and a header answer as they were edited', async () => {
  const cassette = new Cassette([interaction({ head: [['status_code', '200']] })]);
  const file = edited(cassette, '["status_code", "200"]', '["status_code", "503"], ["header:x", "y"]');
  assert.equal((await load(file)).interactions[0]?.responseChunks[0]?.metadata, [
    ['status_code', '503'],
    ['header:x', 'y'],
  ]);
});

edits(
  'a request whose fingerprint is no longer true: the error names it and the remedy, which works',
  async () => {
    const file = edited(cassetteOf('a', 'b', 'c'), 'http://api.example/b', 'http://api.example/B');
    const cassette = await load(file);
    assert.throws(() => cassette.find(named('b').fingerprint));
    assert.throws(() => cassette.find(named('B').fingerprint));
    const { message } = await failure(CassetteLoadError, () => cassette.interactions);
    assert.match(message, 'interaction 2 of 3');
    assert.match(message, 'GET http://api.example/B');
    assert.match(message, 'delete the fingerprint');

    const lines = readFileSync(file, 'utf8').split('\n');
    const wrong = lines.findIndex((line) => line.includes(named('b').fingerprint));
    writeFileSync(file, lines.toSpliced(wrong, 1).join('\n'));
    const mended = await load(file);
    assert.equal(namesIn(mended), ['a', 'B', 'c']);
    assert.is(mended.find(named('B').fingerprint)?.request.target, 'http://api.example/B');

    const text = readFileSync(file, 'utf8');
    await new JsonFileCassetteStore(file).save(mended);
    assert.is(readFileSync(file, 'utf8'), text, 'and a save leaves it as it was edited');
  },
);

edits('another key order, other white space and keys of somebody else change nothing', async () => {
  const { file, text } = savedFile(cassetteOf('a', 'b'));
  const { interactions, interposition } = JSON.parse(text) as { interactions: object[]; interposition: 1 };
  const others = interactions.map((one) => ({ note: 'mine', ...one }));
  writeFileSync(file, JSON.stringify({ interactions: others, comment: 'mine', interposition }));
  assertSameInteractions((await load(file)).interactions, cassetteOf('a', 'b').interactions);
});

edits('an interaction that was deleted is gone, and the others are there', async () => {
  const { file, text } = savedFile(cassetteOf('a', 'b', 'c'));
  const { interactions, interposition } = JSON.parse(text) as { interactions: object[]; interposition: 1 };
  writeFileSync(file, JSON.stringify({ interposition, interactions: interactions.toSpliced(1, 1) }));
  assert.equal(namesIn(await load(file)), ['a', 'c']);
});

edits(
  'JSON of 100,000 levels that was pasted in loads, or is an error where this Node cannot print it',
  async () => {
    const file = edited(cassetteOf('a'), '"text": "answer to a"', `"json": ${deep('[', ']')}`);
    const outcome = await answerIn(file).catch((error: unknown) => error);
    if (outcome !== deep('[', ']')) {
      assert.instance(outcome, CassetteLoadError);
      assert.match((outcome as Error).message, 'interaction 1 of 1');
    }
  },
);

edits('text that happens to be JSON of 100,000 levels loads', async () => {
  const answer = deep('[', ']');
  const file = edited(cassetteOf('a'), 'answer to a', answer);
  assert.is(await answerIn(file), answer);
});

for (const [what, base64] of [
  ['another alphabet', `${'QUJD'.repeat(2_500_000)}!`],
  ['padding in the middle', 'QQ==QQ=='],
  ['a length that no bytes have', 'QUJDR'],
  ['a data: URL', 'data:;base64,QUJD'],
] as const) {
  edits(`base64 with ${what} is an error where it is used, that names the interaction`, async () => {
    const binary = new Cassette([named('a'), interaction({ answer: Uint8Array.of(0) })]);
    const file = edited(binary, '"AA=="', JSON.stringify(base64));
    assert.is(await answerIn(file), 'answer to a');
    const second = (await load(file)).interactions[1];
    const { message } = await failure(CassetteLoadError, () => second?.responseChunks);
    assert.match(message, `${file}: interaction 2 of 2`);
    assert.ok(message.length < 1000, 'and it does not print the garbage');
  });
}

edits.run();

const saving = suite('JsonFileCassetteStore saves');

saving('JSON bodies of any depth, as they are', async () => {
  for (const depth of [100, 1000, 2000, 3000, 5000, 10_000, 100_000]) {
    for (const answer of [
      '['.repeat(depth) + ']'.repeat(depth),
      `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
    ]) {
      const { file } = savedFile(new Cassette([interaction({ answer })]));
      assert.is(await answerIn(file), answer);
    }
  }
});

saving('a nested body in a file that is not much larger than it', async () => {
  const answer = '['.repeat(1000) + ']'.repeat(1000);
  const { file } = savedFile(new Cassette([interaction({ answer })]));
  const { size } = statSync(file);
  assert.ok(size < 20_000, `${answer.length} bytes take ${size} in the file`);
});

saving('into folders that it makes', async () => {
  const file = join(folder, 'deep/er/and/deeper/cassette.json');
  await save(file, cassetteOf('a'));
  assert.equal(namesIn(await load(file)), ['a']);
});

saving('and keeps the mode of the file', async () => {
  const { file } = savedFile(cassetteOf('a'));
  for (const mode of [0o640, 0o600, 0o664]) {
    chmodSync(file, mode);
    const store = new JsonFileCassetteStore(file);
    await store.save((await store.load()).append(named('b')));
    assert.is(statSync(file).mode & 0o777, mode);
    store.saveSync(await store.load());
    assert.is(statSync(file).mode & 0o777, mode);
  }
});

saving('through a symbolic link, which stays one', async () => {
  const { file } = savedFile(cassetteOf('a'));
  const link = join(folder, 'link.json');
  symlinkSync(relative(folder, file), link);
  const store = new JsonFileCassetteStore(link);
  await store.save((await store.load()).append(named('b')));
  store.saveSync((await store.load()).append(named('c')));
  assert.is(readlinkSync(link), relative(folder, file));
  assert.equal(namesIn(await load(file)), ['a', 'b', 'c']);
});

for (const [what, links] of [
  ['a link', ['link.json']],
  ['links in a row', ['link.json', 'second.json', 'third.json']],
] as const) {
  saving(`through ${what} to a file that is not there yet`, async () => {
    const home = join(newFile(), '..');
    mkdirSync(home);
    for (const [index, link] of links.entries()) {
      symlinkSync(links[index + 1] ?? 'new/target.json', join(home, link));
    }
    const store = new JsonFileCassetteStore(join(home, 'link.json'), { createIfMissing: true });
    assert.is((await store.load()).size, 0);
    await store.save(cassetteOf('a'));
    for (const link of links) {
      assert.ok(lstatSync(join(home, link)).isSymbolicLink(), `${link} is still a link`);
    }
    assert.equal(namesIn(await load(join(home, 'new/target.json'))), ['a']);
  });
}

saving('through a link to a folder, with a link in it that leads out again', async () => {
  const home = join(newFile(), '..');
  mkdirSync(join(home, 'a/real'), { recursive: true });
  symlinkSync('a/real', join(home, 'linked'));
  symlinkSync('../target.json', join(home, 'linked/cassette.json'));
  await save(join(home, 'linked/cassette.json'), cassetteOf('a'));
  assert.equal(namesIn(await load(join(home, 'a/target.json'))), ['a']);
});

for (const [what, how] of [
  ['an append', 'append'],
  ['a rewrite', 'replace'],
] as const) {
  saving(
    `and leaves the old cassette where it is killed in the middle of ${what}; a later save clears up`,
    async () => {
      const { file, folder: home } = foundFile(cassetteOf('a', 'z'));
      const args = [stopInSave, libraryUrl, file, 'http://api.example/lost', how, 'killed'];
      const killed = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.is(killed.signal, 'SIGKILL', killed.stderr);
      assert.equal(namesIn(await quietly(file).load()), ['a', 'z']);
      assert.ok(readdirSync(home).length > 1, 'what the killed process had begun is beside it');
      anHourLater(home);
      writeFileSync(join(home, 'cassette.json.1.tmp'), 'of somebody else');
      writeFileSync(join(home, 'cassette.json.bak'), 'of somebody else');
      const store = quietly(file);
      await store.save((await store.load()).append(named('b')));
      assert.equal(readdirSync(home).sort(), ['cassette.json', 'cassette.json.1.tmp', 'cassette.json.bak']);
      assert.equal(namesIn(await load(file)), ['a', 'z', 'b']);
    },
  );

  saving(`at once after another process was killed in the middle of ${what}`, async () => {
    const { file } = foundFile(cassetteOf('a', 'z'));
    const args = [stopInSave, libraryUrl, file, 'http://api.example/lost', how, 'killed'];
    assert.is(spawnSync(process.execPath, args).signal, 'SIGKILL');
    const begun = performance.now();
    await quietly(file).save(cassetteOf('a', 'z', 'b'));
    assert.ok(performance.now() - begun < 5000, 'it waits for nobody who is dead');
    assert.equal(namesIn(await load(file)), ['a', 'z', 'b']);
  });

  saving(`and lets a living process finish ${what}`, async () => {
    const { file, folder: home } = foundFile(cassetteOf('a', 'z'));
    const args = [stopInSave, libraryUrl, file, 'http://api.example/slow', how, 'alive'];
    const other = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(other, 'exit');
    await once(other.stdout, 'data');
    const begun = readdirSync(home);
    const warnings: string[] = [];
    const store = new JsonFileCassetteStore(file, { warn: (message) => warnings.push(message) });
    const saved = store.save((await store.load()).append(named('b')));
    await new Promise(setImmediate);
    for (const name of begun) {
      assert.ok(existsSync(join(home, name)), `${name} is still there`);
    }
    other.stdin.end('.');
    assert.equal(await exited, [0, null]);
    await saved;
    assert.equal(warnings, []);
    assert.equal(readdirSync(home), ['cassette.json']);
    const gone = how === 'replace' ? ['z'] : [];
    assert.equal([...namesIn(await load(file)), ...gone].sort(), ['a', 'b', 'slow', 'z']);
  });
}

/** A store that keeps to itself what it finds torn. */
function quietly(file: string): JsonFileCassetteStore {
  return new JsonFileCassetteStore(file, { warn: () => {} });
}

function anHourLater(home: string): void {
  const then = new Date(Date.now() - 3_600_000);
  for (const name of readdirSync(home)) {
    utimesSync(join(home, name), then, then);
  }
}

saving.run();

const sharing = suite('A cassette file that others change');

sharing('two stores that save alternately lose nothing', async () => {
  const { file } = savedFile(cassetteOf('first'));
  const sides = ['a', 'b'].map((side) => ({ side, store: new JsonFileCassetteStore(file) }));
  const cassettes = await Promise.all(sides.map(({ store }) => store.load()));
  const expected = ['first'];
  for (let round = 1; round <= 4; round++) {
    for (const [index, { side, store }] of sides.entries()) {
      const grown = (cassettes[index] as Cassette).append(named(`${side}${round}`));
      cassettes[index] = grown;
      await (round % 2 === 0 ? store.save(grown) : store.saveSync(grown));
      expected.push(`${side}${round}`);
      assert.equal(namesIn(await load(file)), expected, `after ${side} saved for the ${round}. time`);
    }
  }
});

for (const [what, through] of [
  ['by one path', (file: string) => file],
  ['one of them through a symbolic link', linkTo],
] as const) {
  sharing(`two stores that save at once lose nothing: ${what}`, async () => {
    const { file } = savedFile(cassetteOf('first'));
    const stores = [new JsonFileCassetteStore(file), new JsonFileCassetteStore(through(file))];
    const names: string[] = ['first'];
    await Promise.all(
      stores.map(async (store, side) => {
        let cassette = await store.load();
        for (let round = 1; round <= 15; round++) {
          cassette = cassette.append(named(`${side}.${round}`));
          names.push(`${side}.${round}`);
          await store.save(cassette);
        }
      }),
    );
    assert.equal([...namesIn(await load(file))].sort(), names.sort());
  });
}

function linkTo(file: string): string {
  const link = join(file, '../link.json');
  symlinkSync('cassette.json', link);
  return link;
}

sharing('what somebody added since the load stays, through every later save', async () => {
  const { file } = savedFile(cassetteOf('a', 'b'));
  const store = new JsonFileCassetteStore(file);
  let cassette = await store.load();
  await change(file, (before) => [...before, 'theirs']);
  for (const name of ['c', 'd', 'e']) {
    cassette = cassette.append(named(name));
    await store.save(cassette);
    assert.ok(namesIn(await load(file)).includes('theirs'), `after ${name} was saved`);
  }
  assert.equal(namesIn(await load(file)), ['a', 'b', 'theirs', 'c', 'd', 'e']);
});

sharing('what somebody deleted since the load stays deleted, through every later save', async () => {
  const { file } = savedFile(cassetteOf('a', 'b', 'c'));
  const store = new JsonFileCassetteStore(file);
  let cassette = await store.load();
  await change(file, (before) => before.filter((name) => name !== 'b'));
  for (const name of ['d', 'e']) {
    cassette = cassette.append(named(name));
    await store.save(cassette);
    assert.not(namesIn(await load(file)).includes('b'), `after ${name} was saved`);
  }
  assert.equal(namesIn(await load(file)), ['a', 'c', 'd', 'e']);
});

sharing('what this side drops goes, though somebody added to the file', async () => {
  const { file } = savedFile(cassetteOf('old', 'kept'));
  const store = new JsonFileCassetteStore(file);
  await store.load();
  await change(file, (before) => [...before, 'theirs']);
  await store.save(cassetteOf('kept', 'fresh'));
  await store.save(cassetteOf('kept', 'fresh', 'more'));
  assert.equal(namesIn(await load(file)), ['kept', 'theirs', 'fresh', 'more']);
});

sharing('what both sides added is there once', async () => {
  const { file } = savedFile(cassetteOf('a'));
  const store = new JsonFileCassetteStore(file);
  const cassette = (await store.load()).append(named('same'));
  await change(file, (before) => [...before, 'same']);
  await store.save(cassette);
  assert.equal(namesIn(await load(file)), ['a', 'same']);
});

sharing('a file that was deleted while in use: the next save writes what is new', async () => {
  const { file } = savedFile(cassetteOf('a'));
  const store = new JsonFileCassetteStore(file);
  const cassette = (await store.load()).append(named('b'));
  rmSync(file);
  await store.save(cassette);
  await store.save(cassette.append(named('c')));
  assert.equal(namesIn(await load(file)), ['b', 'c']);
});

sharing('a file that came into being since the load is kept', async () => {
  const file = newFile();
  const store = new JsonFileCassetteStore(file, { createIfMissing: true });
  const cassette = await store.load();
  await save(file, cassetteOf('theirs'));
  await store.save(cassette.append(named('mine')));
  await store.save(cassette.append(named('mine')).append(named('more')));
  assert.equal(namesIn(await load(file)), ['theirs', 'mine', 'more']);
});

sharing('a file that was only printed anew is the same cassette', async () => {
  const { file, text } = savedFile(cassetteOf('a', 'b'));
  const store = new JsonFileCassetteStore(file);
  const cassette = await store.load();
  writeFileSync(file, JSON.stringify(JSON.parse(text), null, '\t'));
  await store.save(cassette.append(named('c')));
  assert.equal(namesIn(await load(file)), ['a', 'b', 'c']);
});

sharing('loading writes nothing: no folder, no file, no change', async () => {
  const missing = newFile();
  await failure(CassetteLoadError, () => load(missing));
  await new JsonFileCassetteStore(missing, { createIfMissing: true }).load();
  assert.not(existsSync(join(missing, '..')));

  const { file, folder: home } = savedFile(cassetteOf('a'));
  const before = statSync(file, { bigint: true });
  await load(file);
  const after = statSync(file, { bigint: true });
  assert.equal(readdirSync(home), ['cassette.json']);
  assert.equal([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
});

sharing.run();

const paths = suite('The path of a JsonFileCassetteStore');

paths('is a path or a file: URL, as a URL or a string', async () => {
  const { file } = savedFile(cassetteOf('a'));
  const url = pathToFileURL(file);
  for (const path of [file, url, url.href]) {
    const store = new JsonFileCassetteStore(path);
    assert.is(store.location, file);
    assert.equal(namesIn(await store.load()), ['a']);
  }
  const spaced = join(folder, 'a folder/with % and é.json');
  assert.is(new JsonFileCassetteStore(pathToFileURL(spaced)).location, spaced);
});

paths('is fixed when the store is made', async () => {
  const { file, folder: home } = savedFile(cassetteOf('a'));
  const elsewhere = join(newFile(), '..');
  mkdirSync(elsewhere);
  const before = process.cwd();
  try {
    process.chdir(home);
    const store = new JsonFileCassetteStore('cassette.json');
    process.chdir(elsewhere);
    assert.is(store.location, file);
    await store.save((await store.load()).append(named('b')));
  } finally {
    process.chdir(before);
  }
  assert.equal(readdirSync(elsewhere), []);
  assert.equal(namesIn(await load(file)), ['a', 'b']);
});

const NO_PATHS: readonly (readonly [what: string, path: unknown])[] = [
  ['an empty path', ''],
  ['a path with a NUL', 'a\0.json'],
  ['an http: URL', new URL('http://api.example/cassette.json')],
  ['an http: URL in a string', 'http://api.example/cassette.json'],
  ['an s3: URL in a string', 's3://bucket/cassette.json'],
  ['a file: URL of another host', 'file://server/share/cassette.json'],
  ['a file: URL with a NUL', 'file:///tmp/a%00.json'],
  ['nothing', undefined],
  ['null', null],
  ['a number', 1],
  ['a Buffer', Buffer.from('cassette.json')],
];

for (const [what, path] of NO_PATHS) {
  paths(`${what} is refused when the store is made`, async () => {
    const error = await failure(InvalidOptionError, () => new JsonFileCassetteStore(path as string));
    assert.is(error.option, 'cassette path');
  });
}

paths.run();
