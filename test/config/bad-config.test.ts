import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { InvalidOptionError, installInterposition, openCassette, withCassette } from '../../src/index.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { failureOf, newFolder } from '../support/ways-in.js';

const test = suite('the config file: bad ones');

type Row = readonly [title: string, file: string, content: string, message: RegExp];

const MJS = 'interposition.config.mjs';
const JS = 'interposition.config.js';
const JSON_FILE = 'interposition.config.json';
const PACKAGE = 'package.json';

const ROWS: readonly Row[] = [
  [
    'an unknown key',
    MJS,
    'export default { passtrough: [] }',
    /^Invalid passtrough in FILE: there is no such option \(did you mean "passthrough"\?\); there are mode, /,
  ],
  ...['cjs', 'mts', 'cts'].map(
    (ending): Row => [
      `a form that is not read: ${ending}`,
      `interposition.config.${ending}`,
      'module.exports = {};',
      /^Invalid config file FILE: config files of this form are not read\. Make it interposition\.config\.ts, /,
    ],
  ),
  ['an unknown key in other case', MJS, 'export default { bodywait: 1 }', /did you mean "bodyWait"\?/],
  [
    'a key that is like none',
    MJS,
    'export default { somethingElse: 1 }',
    /^Invalid somethingElse in FILE: there is no such option; there are /,
  ],
  ['a name', MJS, 'export default { name: "x" }', /^Invalid name in FILE: there is no such option/],
  [
    'a key of every object',
    JSON_FILE,
    '{ "__proto__": {} }',
    /^Invalid __proto__ in FILE: there is no such option/,
  ],
  [
    'an unknown member of match',
    MJS,
    'export default { match: { quary: [] } }',
    /^Invalid match\.quary in FILE: .*did you mean "query"\?/,
  ],
  [
    'an unknown member of redact',
    MJS,
    'export default { redact: { header: [] } }',
    /^Invalid redact\.header in FILE: .*did you mean "headers"\?/,
  ],
  [
    'a wrong type',
    MJS,
    'export default { recordFailures: "yes" }',
    /^Invalid recordFailures in FILE: it is not true or false\.$/,
  ],
  [
    'a wrong type in a list',
    MJS,
    'export default { passthrough: ["a.test", "/x"] }',
    /^Invalid passthrough\[1\] in FILE: "\/x" is none of/,
  ],
  ['a place that is none', JSON_FILE, '{ "vary": ["email"] }', /^Invalid vary\[0\] in FILE: /],
  ['an unknown mode', MJS, 'export default { mode: "rec" }', /^Invalid mode in FILE: "rec" is not a mode/],
  [
    'a URL that is no file',
    MJS,
    'export default { cassette: "https://x.test/a" }',
    /^Invalid cassette in FILE: https: is no kind of address/,
  ],
  [
    'two places',
    MJS,
    'export default { cassette: "a", store: { load() {}, save() {} } }',
    /^Invalid config file FILE: "cassette" and "store"/,
  ],
  [
    'ESM syntax',
    MJS,
    'export default {\n  a: 1,\n  b: ,\n};\n',
    /^Invalid config file FILE: line 3: a syntax error: Unexpected token ','$/,
  ],
  [
    'CommonJS syntax',
    JS,
    '// one\nmodule.exports = { ;\n',
    /^Invalid config file FILE: line 2: a syntax error: Unexpected token ';'$/,
  ],
  [
    'JSON syntax',
    JSON_FILE,
    '{\n  "mode": "record",\n  "cassette": }\n',
    /^Invalid config file FILE: line 3: Unexpected token '}'/,
  ],
  [
    'JSON with a comma too many',
    JSON_FILE,
    '{\n  "mode": "record",\n}\n',
    /^Invalid config file FILE: line 3: /,
  ],
  ['JSON that was cut off', JSON_FILE, '{\n  "mode": "record",\n', /^Invalid config file FILE: line [23]: /],
  [
    'JSON in single quotes',
    JSON_FILE,
    '{\n  "mode":\n  \'record\' }\n',
    /^Invalid config file FILE: line 3: /,
  ],
  [
    'JSON with a line break in a text',
    JSON_FILE,
    '{\n  "mode": "rec\n ord" }',
    /^Invalid config file FILE: line 2: /,
  ],
  ['an empty JSON file', JSON_FILE, '', /^Invalid config file FILE: line 1: Unexpected end of JSON input$/],
  [
    'an import that there is not',
    MJS,
    'import "no-such-package";\nexport default {}',
    /^Invalid config file FILE: it cannot be loaded: Cannot find package 'no-such-package'/,
  ],
  [
    'a require that there is not',
    JS,
    '\nrequire("./no-such-file");',
    /^Invalid config file FILE: line 2: it cannot be loaded: Cannot find module '\.\/no-such-file'$/,
  ],
  [
    'an export that there is not',
    MJS,
    'import { no } from "node:fs";\nexport default {}',
    /^Invalid config file FILE: a syntax error: .*does not provide an export named 'no'$/,
  ],
  [
    'one that throws',
    MJS,
    '\n\nthrow new Error("boom\\nand more")',
    /^Invalid config file FILE: line 3: it cannot be loaded: boom$/,
  ],
  ['one that throws no error', MJS, 'throw "boom"', /^Invalid config file FILE: it cannot be loaded: boom$/],
  [
    'one that throws nothing',
    JS,
    'throw undefined',
    /^Invalid config file FILE: it cannot be loaded: undefined$/,
  ],
  [
    'a top-level await',
    MJS,
    'await 0;\nexport default {}',
    /^Invalid config file FILE: it, or what it imports, awaits at its top level/,
  ],
  [
    'no default export',
    MJS,
    'export const mode = "record";',
    /^Invalid config file FILE: it has no default export: write "export default/,
  ],
  ['an empty module', MJS, '', /^Invalid config file FILE: it has no default export/],
  [
    'a CommonJS file that exports nothing',
    JS,
    'const mode = "record";',
    /^Invalid config file FILE: it exports nothing\.$/,
  ],
  [
    'a function',
    MJS,
    'export default () => ({})',
    /^Invalid config file FILE: it is a function, and not an object/,
  ],
  ['a promise', MJS, 'export default Promise.resolve({})', /^Invalid config file FILE: it is a promise/],
  ['a list', JSON_FILE, '[]', /^Invalid config file FILE: it is a list/],
  ['null', JSON_FILE, 'null', /^Invalid config file FILE: it is null/],
  [
    'a package.json key that is a text',
    PACKAGE,
    '{ "interposition": "record" }',
    /^Invalid interposition in FILE: it is a string/,
  ],
  [
    'a package.json key that is false',
    PACKAGE,
    '{ "interposition": false }',
    /^Invalid interposition in FILE: it is a boolean/,
  ],
  [
    'a package.json key that is null',
    PACKAGE,
    '{ "interposition": null }',
    /^Invalid interposition in FILE: it is null/,
  ],
  [
    'an unknown option in package.json',
    PACKAGE,
    '{ "interposition": { "casette": "x" } }',
    /^Invalid interposition\.casette in FILE: .*did you mean "cassette"\?/,
  ],
  [
    'a package.json that is broken',
    PACKAGE,
    '{\n  "interposition": {},,\n}',
    /^Invalid config file FILE: line 2: /,
  ],
];

function inFolder(files: Readonly<Record<string, string>>): string {
  const folder = newFolder();
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
  }
  process.chdir(folder);
  return folder;
}

for (const [title, file, content, message] of ROWS) {
  test(`${title}: one line that names the file, by every way in`, async () => {
    // Else the folder's files would be those of the package above it.
    const folder = inFolder({ [PACKAGE]: '{}', [file]: content });
    for (const failure of [
      await failureOf(() => installInterposition('auto')),
      await failureOf(() => withCassette({ name: 'x', mode: 'auto' }, () => {})),
      await failureOf(() => openCassette('x', { mode: 'auto' })),
    ]) {
      assert.instance(failure, InvalidOptionError);
      assert.match(failure.message.replaceAll(join(folder, file), 'FILE'), message);
      assert.not.match(failure.message, '\n');
    }
  });
}

test('two config files side by side are refused, and so is one beside a key in package.json', async () => {
  for (const [one, other] of [
    [MJS, JSON_FILE],
    [MJS, PACKAGE],
  ] as const) {
    const content = { [MJS]: 'export default {}', [JSON_FILE]: '{}', [PACKAGE]: '{ "interposition": {} }' };
    const folder = inFolder({ [one]: content[one] as string, [other]: content[other] as string });
    const failure = await failureOf(() => installInterposition('auto'));
    assert.is(
      failure.message,
      `Invalid config file ${join(folder, other)}: there is ${join(folder, one)} as well. Keep one of the two.`,
    );
  }
});

test('a folder of that name cannot be read', async () => {
  const folder = inFolder({});
  mkdirSync(join(folder, JSON_FILE));
  const failure = await failureOf(() => installInterposition('auto'));
  assert.match(failure.message, /interposition\.config\.json: it cannot be loaded: EISDIR/);
});

test('a package.json that says nothing of it is not even parsed', async () => {
  inFolder({ [PACKAGE]: '{ broken' });
  await withCassette({ name: 'x', mode: 'replay' }, () => {}).catch((error: Error) => {
    assert.is(error.name, 'CassetteLoadError');
  });
});

test('the preload and the command say it in one line, with exit codes 1 and 2', async () => {
  const project = new Project();
  try {
    project.write('app.js', 'console.log("ran")');
    project.write(MJS, 'export default { modes: "record" }');
    const line = new RegExp(
      `^interposition: Invalid modes in ${project.path(MJS)}: [^\n]*did you mean "mode"\\?[^\n]*\n$`,
    );
    const preloaded = await project.run('node', ['--import', 'interposition/register', 'app.js']);
    assert.equal([preloaded.code, preloaded.stdout], [1, '']);
    assert.match(preloaded.stderr, line);
    for (const args of [['auto', '--', 'node', 'app.js'], ['ls'], ['serve'], ['diff', 'a.json', 'a.json']]) {
      project.write('a.json', '{"interposition":1,"interactions":[]}');
      const { code, stdout, stderr } = await project.interposition(args);
      assert.equal([code, stdout], [2, ''], args[0]);
      assert.match(stderr, line);
    }
  } finally {
    project.remove();
  }
});

test.run();
