// Checks the package as its users get it: packed, linted, installed into an empty project, every export imported.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNodes } from './nodes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'pack-check-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

function run(title, command, args, options = {}) {
  const windows = process.platform === 'win32';
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: windows && command === 'npm',
    ...options,
  });
  if (status !== 0) {
    const ending = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${status}`);
    process.stderr.write(`${stdout}${stderr}\nFAIL ${title}: ${ending}\n`);
    process.exit(1);
  }
  process.stdout.write(`ok   ${title}\n`);
  return stdout;
}

function tool(name, ...args) {
  const { bin } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  const script = typeof bin === 'string' ? bin : Object.values(bin)[0];
  return [process.execPath, [join(root, 'node_modules', name, script), ...args]];
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

run('npm pack', 'npm', ['pack', '--pack-destination', scratch]);
const tarball = join(
  scratch,
  readdirSync(scratch).find((file) => file.endsWith('.tgz')),
);
run('publint --strict', ...tool('publint', 'run', tarball, '--strict'));
run('are the types wrong', ...tool('@arethetypeswrong/cli', tarball, '--profile', 'esm-only', '--no-emoji'));

const project = join(scratch, 'project');
mkdirSync(project);
writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
run(
  'npm install of the tarball into an empty project',
  'npm',
  ['install', '--omit=dev', '--no-audit', '--no-fund', tarball],
  { cwd: project },
);

const installed = join(project, 'node_modules', manifest.name);
for (const file of manifest.files) {
  if (!readdirSync(installed).includes(file)) {
    process.stderr.write(`FAIL the package lacks ${file}\n`);
    process.exit(1);
  }
}

const importMain = `
  const names = Object.entries(await import('${manifest.name}'));
  if (names.length === 0) throw new Error('exports nothing');
  const missing = names.filter(([, value]) => value === undefined).map(([name]) => name);
  const isClass = ([name, value]) => typeof value === 'function' && /^[A-Z]/.test(name);
  const renamed = names.filter(isClass).filter(([name, value]) => value.name !== name);
  if (renamed.length > 0) throw new Error('classes of other names: ' + renamed);
  if (missing.length > 0) throw new Error('undefined exports: ' + missing.join(', '));
`;
const importJson = (specifier) => `await import('${specifier}', { with: { type: 'json' } });`;

// Their runner is an optional peer, and not in this project.
const NEED_A_PEER = { './jest': 'jest-environment-node', './vitest': 'vitest' };
const importWithoutPeer = (specifier, peer) => `
  const error = await import('${specifier}').then(() => undefined, (error) => error);
  if (!error?.message.includes("'${peer}'")) throw error ?? new Error('it needs no ${peer}');
`;

// The time limit is what shows that an import keeps no process alive: nothing here calls process.exit.
const inProject = { cwd: project, timeout: 20_000, env: { ...process.env, INTERPOSITION_MODE: 'auto' } };
const node = { version: process.version, binary: process.execPath };
for (const { version, binary } of [node, ...installNodes()]) {
  for (const path of Object.keys(manifest.exports)) {
    const specifier = path.replace('.', manifest.name);
    let source = `await import('${specifier}');`;
    if (path === '.') source = importMain;
    if (path.endsWith('.json')) source = importJson(specifier);
    if (path in NEED_A_PEER) source = importWithoutPeer(specifier, NEED_A_PEER[path]);
    run(`${version} import ${specifier}`, binary, ['--input-type=module', '--eval', source], inProject);
  }
  run(
    `${version} --import ${manifest.name}/register`,
    binary,
    ['--import', `${manifest.name}/register`, '--eval', '0'],
    inProject,
  );
}
