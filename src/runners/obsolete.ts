import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { testFileOf, testFolder } from '../cassette-name.js';

/** Cassettes that may be obsolete. */
export interface ObsoleteCassettes {
  readonly ofFile: readonly string[];
  /** Those beside them whose test file is gone. */
  readonly gone: readonly string[];
}

/**
 * The cassettes that may be obsolete where a test file is.
 *
 * @param file The test file's path, or its `file:` URL.
 * @param ending What stands behind a test file's name in that of the folder.
 */
export function obsoleteCassettes(file: string, ending: string): ObsoleteCassettes {
  const own = testFolder(file, ending);
  const gone = foldersIn(dirname(own)).filter((folder) => {
    const other = testFileOf(folder, ending);
    return other !== undefined && !existsSync(other);
  });
  return { ofFile: cassettesUnder(own), gone: gone.flatMap(cassettesUnder) };
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

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
