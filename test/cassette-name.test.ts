import { readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { callingFile, cassettePath, nameOfFile, testCassettePath } from '../src/cassette-name.js';
import { InvalidOptionError, withCassette } from '../src/index.js';
import { suite } from './support/suite.js';
import { failureOf, newFolder, textOf, withApi } from './support/ways-in.js';

const test = suite('cassette names');

const PLAIN = ['users', 'users/get-one', 'Größe', 'with space', 'a.b', 'users.test', 'emoji 🎉'];

for (const name of PLAIN) {
  test(`"${name}" is the file's name as it stands`, () => {
    assert.is(cassettePath(name), normalize(`__cassettes__/${name}.json`));
  });
}

const HOSTILE: readonly (readonly [title: string, name: string])[] = [
  ['a way out of the folder', '../../etc/passwd'],
  ['a way out in the middle', 'a/../../../b'],
  ['nothing but a way out', '..'],
  ['the folder itself', '.'],
  ['an absolute path', '/etc/passwd'],
  ['a drive', 'C:\\windows\\system32'],
  ['backslashes', '..\\..\\boot'],
  ['a UNC path', '\\\\host\\share'],
  ['a stream of NTFS', 'file:stream'],
  ['a null character', 'a\0b'],
  ['control characters', 'a\nb\tc\u007f'],
  ['wildcards and pipes', 'what?*|<>"'],
  ['a hidden file', '.hidden'],
  ['a dot at the end', 'name.'],
  ['a space at the end', 'name '],
  ['empty segments', 'a//b'],
  ['a slash at the end', 'a/'],
  ['a device of Windows', 'con'],
  ['a device with an extension', 'NUL.txt'],
  ['a device as a folder', 'aux/x'],
  ['a numbered device', 'COM1'],
  ['500 characters', 'x'.repeat(500)],
  ['500 emoji', '🎉'.repeat(500)],
  ['500 folders', Array.from({ length: 500 }, () => 'y').join('/.')],
];

for (const [title, name] of HOSTILE) {
  test(`${title} ends up in the folder, under a safe name of its own`, () => {
    const path = cassettePath(name);
    assert.not(isAbsolute(path));
    assert.is(path, normalize(path));
    const segments = path.split(sep);
    assert.is(segments[0], '__cassettes__');
    for (const segment of segments) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what no file name may hold
      assert.not.match(segment, /[\u0000-\u001f\u007f<>:"|?*\\]|^\.|[. ]$/);
      assert.not.match(segment, /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i);
      // What a file system allows is 255; a draft's name beside the file is longer than the file's own.
      assert.ok(Buffer.byteLength(segment) <= 220, `${Buffer.byteLength(segment)} bytes`);
    }
  });
}

test('two names never share a file', () => {
  const names = [
    ...PLAIN,
    ...HOSTILE.map(([, name]) => name),
    'a/b',
    'a:b',
    'a\\b',
    'a-b',
    'a?b',
    'a*b',
    './a/b',
    'a/./b',
    'hidden',
    'name',
    `${'x'.repeat(500)}y`,
    `${'x'.repeat(499)}y`,
    '-con',
    'cassette',
    '...',
  ];
  assert.is(new Set(names).size, names.length);
  const paths = names.map(cassettePath);
  assert.is(new Set(paths).size, names.length);
});

test('a name is the same file in every run', () => {
  assert.is(cassettePath('a:b'), cassettePath('a:b'));
});

for (const name of ['', ' ', '\t\n']) {
  test(`${JSON.stringify(name)} names no cassette`, async () => {
    const failure = await failureOf(() => cassettePath(name));
    assert.instance(failure, InvalidOptionError);
    assert.match(failure.message, /empty/);
  });
}

test('a name that is no string is refused, and not called empty', async () => {
  const failure = await failureOf(() => cassettePath(7 as unknown as string));
  assert.instance(failure, InvalidOptionError);
  assert.not.match(failure.message, /empty/);
});

const LONG: readonly (readonly [title: string, name: string])[] = [
  ['a hundred characters of three bytes', '試'.repeat(100)],
  ['five hundred of them', '試'.repeat(500)],
  ['emoji', '🎉'.repeat(120)],
  ['an odd number of halves of emoji', `x${'🎉'.repeat(120)}`],
  ['plain letters', 'x'.repeat(500)],
];

for (const [title, name] of LONG) {
  test(`a long name can be written, and found again: ${title}`, async () => {
    process.chdir(newFolder());
    await withApi(async (api) => {
      await withCassette({ name, mode: 'record' }, () => textOf(`${api.url}/count/x`));
      assert.is(await withCassette({ name, mode: 'replay' }, () => textOf(`${api.url}/count/x`)), '1');
    });
    assert.is(readdirSync('__cassettes__').length, 1);
  });
}

test('a file gives its name without folders and extensions', () => {
  const rows: readonly (readonly [file: string, name: string])[] = [
    ['/app/test/users.test.ts', 'users.test'],
    ['/app/test/users.spec.mjs', 'users.spec'],
    ['/app/users.cjs', 'users'],
    ['/app/users.tsx', 'users'],
    ['/app/users.jsx', 'users'],
    [pathToFileURL('/app/with space/ü.test.js').href, 'ü.test'],
    [`${pathToFileURL('/app/users.test.js').href}?run=2`, 'users.test'],
  ];
  for (const [file, name] of rows) {
    assert.is(nameOfFile(file), name);
  }
});

test('the cassette of a test stands beside its file, and no name leads elsewhere', () => {
  const file = join(sep, 'app', 'test', 'users.test.js');
  const folder = join(sep, 'app', 'test', '__cassettes__', 'users.test.js');
  const rows: readonly (readonly [name: string, cassette: RegExp])[] = [
    ['users gets one', /^users gets one\.json$/],
    ['GET /users/7', /^GET -users-7-[0-9a-f]{8}\.json$/],
    ['../../etc/passwd', /^-..-etc-passwd-[0-9a-f]{8}\.json$/],
    ['..', /^test-[0-9a-f]{8}\.json$/],
    ['', /^test-[0-9a-f]{8}\.json$/],
    ['🙂'.repeat(250), /^(?:🙂){40}-[0-9a-f]{8}\.json$/u],
    ['nul', /^-nul-[0-9a-f]{8}\.json$/],
    ['ends.', /^ends-[0-9a-f]{8}\.json$/],
  ];
  const paths = rows.map(([name]) => testCassettePath(file, name));
  for (const [index, [, cassette]] of rows.entries()) {
    const path = paths[index] as string;
    assert.is(dirname(path), folder);
    assert.match(basename(path), cassette);
  }
  assert.is(new Set(paths).size, rows.length);
  assert.is(testCassettePath(pathToFileURL(file).href, 'users gets one'), paths[0]);
  assert.is(testCassettePath(file, 'users gets one', '.own'), join(`${folder}.own`, 'users gets one.json'));
});

test('the calling file is found, whatever was set for stack traces', () => {
  const { prepareStackTrace, stackTraceLimit } = Error;
  function entry() {
    return callingFile(entry);
  }
  try {
    Error.stackTraceLimit = 0;
    Error.prepareStackTrace = () => 'nothing of use';
    const found = entry();
    assert.is(found, import.meta.url);
    assert.is(Error.stackTraceLimit, 0);
    assert.is(new Error('after').stack, 'nothing of use');
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
});

test.run();
