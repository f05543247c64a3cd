import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidOptionError } from './core/errors.js';

const FOLDER = '__cassettes__';
/** The file where nobody names a cassette, relative to the working directory. */
export const DEFAULT_CASSETTE = `${FOLDER}/default.json`;
// Of the 255 that file systems take, with room for a hash and for the name of a draft.
const MAX_SEGMENT_BYTES = 160;
const SCRIPT = /\.[cm]?[jt]sx?$/;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * The file of a name: `__cassettes__/<name>.json`, in the working directory. Slashes make folders. A name that no
 * file system takes as it is, or that would lead out of the folder, is made safe, and gets a hash of the original so
 * that two names never share a file.
 *
 * @throws InvalidOptionError for a name that is empty.
 */
export function cassettePath(name: string): string {
  if (typeof name !== 'string') {
    throw new InvalidOptionError('cassette name', 'it is not a string.');
  }
  if (name.trim() === '') {
    throw new InvalidOptionError('cassette name', `${JSON.stringify(name)} is empty; name the cassette.`);
  }
  const safe = name.split('/').map(safeSegment).filter(Boolean).join('/');
  const unique = safe === name ? safe : `${safe || 'cassette'}-${hash(name)}`;
  return join(FOLDER, `${unique}.json`);
}

/**
 * The file of a test's cassette: `__cassettes__/<test file>/<full test name>.json`, in the test file's folder. The name
 * is one segment, made safe as `cassettePath` does.
 *
 * @param file The test file's path, or its `file:` URL.
 * @param ending What stands behind the test file's name in that of the folder.
 */
export function testCassettePath(file: string, name: string, ending = ''): string {
  return join(testFolder(file, ending), `${oneSegment(name)}.json`);
}

/** The folder of a test file's cassettes; parameters as for `testCassettePath`. */
export function testFolder(file: string, ending = ''): string {
  const path = localPath(file);
  return join(dirname(path), FOLDER, `${basename(path)}${ending}`);
}

/** The test file whose cassettes are in such a folder; undefined where it is none. */
export function testFileOf(folder: string, ending = ''): string | undefined {
  const name = basename(folder);
  const file = name.endsWith(ending) ? name.slice(0, name.length - ending.length) : '';
  return SCRIPT.test(file) ? join(dirname(folder), '..', file) : undefined;
}

/**
 * The file of a cassette that a scope without a name has within a test. Its folder is beside the test's own cassette.
 *
 * @param name That of the scope's function; it may be empty.
 */
export function partCassettePath(testCassette: string, name: string): string {
  return join(partsFolder(testCassette), `${oneSegment(name || 'scope')}.json`);
}

/** The folder of a test's parts, by the test's cassette. */
export function partsFolder(testCassette: string): string {
  return testCassette.slice(0, -'.json'.length);
}

/** @param file A path, or a `file:` URL. */
function localPath(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

function oneSegment(name: string): string {
  const safe = safeSegment(name.replaceAll('/', '-'));
  return safe === name && safe !== '' ? safe : `${safe || 'test'}-${hash(name)}`;
}

function safeSegment(segment: string): string {
  const plain = segment
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what no file name may hold
    .replace(/[\u0000-\u001f\u007f<>:"|?*\\]/g, '-')
    .replace(/^\.+|[. ]+$/g, '');
  const short = shortened(plain);
  return RESERVED.test(short) ? `-${short}` : short;
}

/** As much of it as fits, in whole characters: file systems count bytes. */
function shortened(segment: string): string {
  let bytes = 0;
  let short = '';
  for (const character of segment) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_SEGMENT_BYTES) {
      break;
    }
    short += character;
  }
  return short;
}

function hash(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}

/** The name of a file without its extensions, as a cassette's name. */
export function nameOfFile(file: string): string {
  const path = localPath(file);
  return basename(path).replace(SCRIPT, '');
}

/**
 * The file that calls the library.
 *
 * @param entry The library's own function that was called; the caller is the one above it.
 */
export function callingFile(entry: (...args: never[]) => unknown): string | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName() ?? undefined;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, entry);
    const file = holder.stack;
    return typeof file === 'string' && !file.startsWith('node:') ? file : undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
