import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const MAJORS = [22, 24, 26];
const folder = fileURLToPath(new URL('nodes/', import.meta.url));
const stamp = `${folder}node_modules/.installed`;

/** The other Node versions, installed when they are not there yet: [{ major, version, binary }]. */
export function installNodes() {
  const wanted = createHash('sha256')
    .update(readFileSync(`${folder}package-lock.json`))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    npmCi();
    const nodes = MAJORS.map(verify);
    writeFileSync(stamp, wanted);
    return nodes;
  }
  return MAJORS.map(verify);
}

function npmCi() {
  process.stdout.write(`Installing Node ${MAJORS.join(', ')} into .ci/nodes\n`);
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ci in .ci/nodes failed: ${error?.message ?? `exit code ${status}`}`);
}

function verify(major) {
  const name = `node${major}-${process.platform}-${process.arch}`;
  const binary = `${folder}node_modules/${name}/bin/node${process.platform === 'win32' ? '.exe' : ''}`;
  if (!existsSync(binary)) {
    throw new Error(
      `No Node ${major} for ${process.platform}-${process.arch}: ${binary} is missing. ` +
        `Add "${name}" to .ci/nodes/package.json, or delete .ci/nodes/node_modules and try again.`,
    );
  }
  const { stdout, error } = spawnSync(binary, ['-v'], { encoding: 'utf8' });
  const version = stdout?.trim();
  if (!version?.startsWith(`v${major}.`)) {
    throw new Error(`${binary} should be Node ${major}, and says ${version || error?.message || 'nothing'}`);
  }
  return { major, version, binary };
}
