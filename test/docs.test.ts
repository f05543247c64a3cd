import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as library from '../src/index.js';
import { DocsProject } from './support/docs-project.js';
import {
  anchors,
  type CodeBlock,
  codeBlocks,
  localLinks,
  markdownFiles,
  readMarkdown,
  tableUnder,
} from './support/markdown.js';
import { repoRoot } from './support/paths.js';
import { suite } from './support/suite.js';

// What the pages may say above a block of code:
//   <!-- file: app.js -->        it is written to that file, which later blocks run
//   <!-- offline -->             it runs while the API refuses every connection
//   <!-- exit code: 1 -->        the program ends with that code
//   <!-- output -->              it is what the block before it prints; "…" stands for anything
//   <!-- excerpt of: a.json -->  it is in that file, which blocks before it wrote; "…" likewise
//   <!-- not run: reason -->     it is not run

const NOTES = ['file', 'offline', 'exit code', 'output', 'excerpt of', 'not run'];

for (const file of markdownFiles()) {
  const blocks = codeBlocks(readMarkdown(file));
  if (blocks.length > 0) {
    runBlocks(file, blocks);
  }
}

function runBlocks(file: string, blocks: readonly CodeBlock[]): void {
  const test = suite(`code in ${file}`);
  let project: DocsProject;
  let printed = '';

  test.before(async () => {
    project = await DocsProject.create();
  });
  test.after(() => project.remove());

  for (const block of blocks) {
    const { language, code, line, notes } = block;
    const reason = notes.get('not run');
    test.skipUnless(reason === undefined, reason ?? '')(`line ${line}: ${language}`, async () => {
      assert.equal(
        [...notes.keys()].filter((note) => !NOTES.includes(note)),
        [],
        'notes that this test does not know',
      );
      const name = notes.get('file');
      const excerpt = notes.get('excerpt of');
      if (name !== undefined) {
        await project.write(name, code);
      } else if (excerpt !== undefined) {
        const content = project.read(excerpt);
        assert.match(content, pattern(code, false), `${excerpt} holds\n${content}`);
      } else if (notes.has('output')) {
        assert.match(printed, pattern(code, true), `the block before it printed\n${printed}`);
      } else {
        printed = await run(project, block);
      }
    });
  }
  test.run();
}

async function run(project: DocsProject, { language, code, line, notes }: CodeBlock): Promise<string> {
  const offline = notes.has('offline');
  const expectedCode = Number(notes.get('exit code') ?? 0);
  let output = '';
  for (const command of await commands(project, language, code, line)) {
    const outcome = await project.run(command, { offline });
    assert.is(outcome.code, expectedCode, `${command}\n${outcome.output}`);
    output += outcome.output;
  }
  return output;
}

/** What is to be run for a block; lines that are no programs of the library's user are checked here. */
async function commands(
  project: DocsProject,
  language: string,
  code: string,
  line: number,
): Promise<string[]> {
  if (language === 'js') {
    await project.write(`line-${line}.js`, code);
    return [`node line-${line}.js`];
  }
  if (language !== 'sh') {
    throw new Error(
      `a block in "${language}" is not run by this test: use js or sh, or say why it is not run`,
    );
  }
  const lines = code.split('\n').filter((command) => command !== '' && !command.startsWith('#'));
  return lines.filter((command) => {
    const isProgram = /^(?:\w+=(?:'[^']*'|\S*) )*node (?:--import \S+ )?(?:--test )?\S+\.js$/.test(command);
    if (!isProgram) {
      checkTools(command);
    }
    return isProgram;
  });
}

/** The project's own tools are not run from its own tests; they have to be there. */
function checkTools(line: string): void {
  const { name, scripts } = JSON.parse(readFileSync(join(repoRoot, 'package.json'), 'utf8')) as {
    name: string;
    scripts: Record<string, string>;
  };
  for (const command of line.split(' && ')) {
    const script = /^npm (?:run (\S+)|(test))(?: -- \S+)?$/.exec(command);
    if (script !== null) {
      assert.ok(scripts[script[1] ?? script[2] ?? ''], `${command}: there is no such script`);
    } else if (command === 'npm ci') {
      assert.ok(existsSync(join(repoRoot, 'package-lock.json')));
    } else if (command.startsWith('npm install')) {
      assert.ok(command.endsWith(` ${name}`), command);
    } else {
      assert.ok(existsSync(join(repoRoot, command)), `${command}: neither a known command nor a file`);
    }
  }
}

/** Text with "…" for anything within a line, and a line of it alone for any lines. */
function pattern(text: string, whole: boolean): RegExp {
  const lines = text.trimEnd().split('\n');
  const source = lines
    .map((line) =>
      line.trim() === '…'
        ? '(?:.*\\n)*?'
        : `${line
            .split('…')
            .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
            .join('.*')}\\n`,
    )
    .join('');
  return new RegExp(whole ? `^${source}$` : `(?:^|\\n)${source}`);
}

const test = suite('docs');

test('the table of errors names every error class and its code', () => {
  const { InterpositionError } = library;
  const exported = Object.entries(library)
    .filter(([, value]) => (value as { prototype?: unknown }).prototype instanceof InterpositionError)
    .map(([name]) => name);
  const source = readFileSync(join(repoRoot, 'src/core/errors.ts'), 'utf8');
  const codes = new Map(
    [...source.matchAll(/export class (\w+) extends InterpositionError[^}]*?code = '(\w+)'/g)].map(
      ([, name, code]) => [name, code],
    ),
  );
  const expected = exported.map((name) => [`\`${name}\``, `\`${codes.get(name)}\``]);
  const rows = tableUnder(readMarkdown('docs/errors.md'), '# Errors').map((cells) => cells.slice(0, 2));
  assert.equal(rows.sort(), expected.sort());
});

test('the table of options names every option of an installation and of a scope', () => {
  const names = [
    ...members('src/options.ts', 'InterpositionOptions'),
    ...members('src/http/policy.ts', 'HttpPolicyOptions'),
    ...members('src/options.ts', 'CassetteOptions'),
  ];
  assert.equal(firstCells('docs/options.md', '# Options'), names.sort());
});

test('the table of options names every option that the library itself knows', async () => {
  const unknown = { nonsense: true } as library.InterpositionOptions;
  const error = await library.installInterposition('replay', unknown).catch((reason: Error) => reason);
  const known = /there are (.+)\.$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  const own = ['mode', 'name'];
  assert.ok(known.length > 0);
  assert.equal(
    firstCells('docs/options.md', '# Options').filter((name) => !own.includes(name)),
    known.sort(),
  );
});

test("the table of a Broker's options names every one", () => {
  const names = [
    // The policy of a Broker that is made by a user is made of the options of HTTP.
    ...members('src/core/broker-options.ts', 'BrokerOptions').filter((name) => name !== 'policy'),
    ...members('src/http/policy.ts', 'HttpPolicyOptions'),
  ];
  assert.equal(firstCells('docs/broker.md', '## Options of a Broker'), names.sort());
});

test('the table of environment variables names every one that is read', () => {
  const read = new Set<string>();
  for (const file of readdirSync(join(repoRoot, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts')) {
      const source = readFileSync(join(repoRoot, 'src', file), 'utf8');
      for (const [name] of source.matchAll(/\bINTERPOSITION_[A-Z_]+\b/g)) {
        read.add(name);
      }
    }
  }
  const named = firstCells('docs/options.md', '## Environment variables');
  assert.equal(
    named.filter((name) => name.startsWith('INTERPOSITION_')),
    [...read].sort(),
  );
});

test('the table of modes names every mode', () => {
  assert.equal(firstCells('README.md', '## Modes'), ['auto', 'record', 'replay']);
});

test('the reference of the API has every entry of the package that has names', () => {
  const json = (file: string) => JSON.parse(readFileSync(join(repoRoot, file), 'utf8')) as unknown;
  const { exports } = json('package.json') as { exports: Record<string, { default?: string }> };
  const sources = Object.entries(exports).flatMap(([entry, { default: file }]) =>
    file === undefined || entry === './register'
      ? []
      : [file.replace('./dist/', 'src/').replace('.js', '.ts')],
  );
  assert.equal((json('typedoc.json') as { entryPoints: string[] }).entryPoints.toSorted(), sources.sort());
});

test('links between the pages lead somewhere', () => {
  const broken: string[] = [];
  for (const file of markdownFiles()) {
    for (const { path, anchor } of localLinks(file, readMarkdown(file))) {
      const exists = existsSync(join(repoRoot, path));
      if (!exists || (anchor !== '' && !anchors(readMarkdown(path)).includes(anchor))) {
        broken.push(`${file}: ${path}#${anchor}`);
      }
    }
  }
  assert.equal(broken, []);
});

test('every page can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const file of reached) {
    for (const { path } of localLinks(file, readMarkdown(file))) {
      if (path.endsWith('.md') && existsSync(join(repoRoot, path))) {
        reached.add(path);
      }
    }
  }
  assert.equal(
    markdownFiles().filter((file) => !reached.has(file)),
    [],
  );
});

/** The members of an exported interface. */
function members(file: string, name: string): string[] {
  const source = readFileSync(join(repoRoot, file), 'utf8');
  const body = new RegExp(`export interface ${name}\\b[^{]*{\\n([\\s\\S]*?)\\n}`).exec(source)?.[1];
  assert.ok(body, `${file} has no interface ${name}`);
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = '']) => member);
}

function firstCells(file: string, heading: string): string[] {
  return tableUnder(readMarkdown(file), heading)
    .map(([cell = '']) => cell.replaceAll('`', ''))
    .sort();
}

test.run();
