import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TEST_FILE = /\.[cm]?[jt]sx?$/;

/**
 * The cassettes that may be obsolete: those of a test file, and those beside them whose test file is gone.
 *
 * @param file The test file's path, or its `file:` URL.
 */
export function obsoleteCassettes(file: string): string[] {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const folder = join(dirname(path), '__cassettes__');
  const gone = namesIn(folder).filter(
    (name) => TEST_FILE.test(name) && !existsSync(join(dirname(path), name)),
  );
  return [basename(path), ...gone].flatMap((name) => cassettesUnder(join(folder, name)));
}

function cassettesUnder(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
