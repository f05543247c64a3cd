import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, InvalidOptionError } from '../core/errors.js';
import { parseJson } from './parse-json.js';

const NAMES = ['ts', 'js', 'mjs', 'json'].map((extension) => `interposition.config.${extension}`);
/** Forms that other tools read. Who has written one takes what it says, such as a redaction, to be in force. */
const UNREAD = ['cjs', 'mts', 'cts'].map((extension) => `interposition.config.${extension}`);
const PACKAGE = 'package.json';

/** A config file that was found: a file of its own, or the key `interposition` of a package.json. */
export interface FoundConfig {
  readonly file: string;
  /** What the key holds. */
  readonly key?: { readonly value: unknown };
}

/**
 * The config file of a folder: in it, or in the nearest folder above it that has one.
 *
 * @throws InvalidOptionError where a folder has two, or one of a form that is not read, and where a package.json that may be one cannot be read.
 */
export function findConfig(folder: string): FoundConfig | undefined {
  let place = resolve(folder);
  for (;;) {
    const unread = UNREAD.map((name) => join(place, name)).find((file) => existsSync(file));
    if (unread !== undefined) {
      throw new InvalidOptionError(
        `config file ${unread}`,
        `config files of this form are not read. Make it ${NAMES.slice(0, -1).join(', ')} or ${NAMES.at(-1)}.`,
      );
    }
    const [found, another] = configsIn(place);
    if (another !== undefined) {
      throw new InvalidOptionError(
        `config file ${another.file}`,
        `there is ${found?.file} as well. Keep one of the two.`,
      );
    }
    const above = dirname(place);
    if (found !== undefined || above === place) {
      return found;
    }
    place = above;
  }
}

/** The config of a file by its path. */
export function configAt(file: string): FoundConfig | undefined {
  return basename(file) === PACKAGE ? packageConfig(file) : { file };
}

function configsIn(folder: string): FoundConfig[] {
  const files = NAMES.map((name) => join(folder, name)).filter((file) => existsSync(file));
  const inPackage = packageConfig(join(folder, PACKAGE));
  return [...files.map((file) => ({ file })), ...(inPackage === undefined ? [] : [inPackage])];
}

function packageConfig(file: string): FoundConfig | undefined {
  if (!existsSync(file)) {
    return undefined;
  }
  const text = textOf(file);
  // Nearly every package.json is read for nothing, in every process: parsing takes longer than this.
  const manifest = text.includes('"interposition"') ? parseJson(text, file) : undefined;
  return typeof manifest === 'object' && manifest !== null && Object.hasOwn(manifest, 'interposition')
    ? { file, key: { value: Reflect.get(manifest, 'interposition') } }
    : undefined;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InvalidOptionError(`config file ${file}`, `it cannot be read: ${describe(cause)}`, { cause });
  }
}
