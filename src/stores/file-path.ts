import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, InvalidOptionError } from '../core/errors.js';

/**
 * The absolute path of a cassette file.
 *
 * @param path A path, relative to the folder, or a `file:` URL.
 * @param folder The working directory of this moment, where left out.
 * @throws InvalidOptionError for a URL that is no `file:` URL, and for an empty path.
 */
export function absolutePath(path: string | URL, folder = ''): string {
  if (typeof path === 'string' && /^file:(?!\/)/i.test(path)) {
    // By the URL standard it would lie at the root of the disk.
    throw new InvalidOptionError(
      'cassette path',
      `${path} is a URL without a folder. A relative path stands by itself, without file:.`,
    );
  }
  const isUrl =
    path instanceof URL || (typeof path === 'string' && /^(?:file:|[a-z][a-z\d+.-]+:\/\/)/i.test(path));
  const local = isUrl ? pathOfUrl(path) : path;
  if (typeof local !== 'string') {
    throw new InvalidOptionError('cassette path', `${String(path)} is neither a path nor a file: URL.`);
  }
  if (local === '' || local.includes('\0')) {
    throw new InvalidOptionError('cassette path', `${JSON.stringify(path)} names no file.`);
  }
  return resolve(folder, local);
}

function pathOfUrl(url: string | URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    // It may be the address of a server, with a password.
    const [scheme = ''] = /^[^:]*:/.exec(String(url)) ?? [];
    const isFile = scheme.toLowerCase() === 'file:';
    const given = isFile ? url : `what begins with ${scheme}//`;
    const problem = `${given} is no file: URL that leads to a file here: ${describe(cause)}`;
    throw new InvalidOptionError('cassette path', problem, isFile ? { cause } : {});
  }
}
