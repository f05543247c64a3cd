import { resolve } from 'node:path';
import { InvalidOptionError } from '../../core/errors.js';
import { absolutePath } from '../file-path.js';

/** Where a cassette lives, as a text can say it. */
export type Address = FileAddress | SqliteAddress | RedisAddress | S3Address;

interface Common {
  /** How messages name it: the same wherever it is said, and without credentials. */
  readonly location: string;
  /** What says the same in every folder, with its credentials. */
  readonly text: string;
}

/** One JSON file. */
export interface FileAddress extends Common {
  readonly kind: 'file';
}

/** `sqlite:PATH` or `sqlite:PATH#NAME`. A `#` of the path is written as `%23`. */
export interface SqliteAddress extends Common {
  readonly kind: 'sqlite';
  /** The absolute path of the database. */
  readonly path: string;
  /** Which of the database's cassettes; undefined for its default one. */
  readonly cassette: string | undefined;
}

/** `redis://HOST/PREFIX` or `redis://HOST/DATABASE/PREFIX`; `rediss:` for TLS. */
export interface RedisAddress extends Common {
  readonly kind: 'redis';
  /** With credentials and the number of the database, and without the prefix. */
  readonly url: string;
  /** The number of the database; 0 where none is said. */
  readonly database: number;
  readonly prefix: string;
}

/** `s3://BUCKET/PREFIX`; credentials and endpoint are those of the environment. */
export interface S3Address extends Common {
  readonly kind: 's3';
  readonly bucket: string;
  readonly prefix: string;
}

/** The cassette of a database of which no name is said. */
const DEFAULT_NAME = 'default';

/** How addresses are written, for messages. */
const FORMS =
  'a path, a file: URL, sqlite:PATH, redis://HOST/PREFIX, rediss://HOST/PREFIX or s3://BUCKET/PREFIX';

/**
 * Reads where a cassette lives.
 *
 * @param given A path, relative to the folder, or a URL of one of the kinds.
 * @param folder The working directory of this moment, where left out.
 * @throws InvalidOptionError for a URL of another kind, and one that names no cassette. It shows no credentials.
 */
export function parseAddress(given: string | URL, folder = ''): Address {
  const text = given instanceof URL ? given.href : given;
  const scheme =
    typeof text === 'string' ? /^([a-z][a-z\d+.-]+):/i.exec(text)?.[1]?.toLowerCase() : undefined;
  switch (scheme) {
    case 'sqlite':
      return sqliteAddress(text.slice('sqlite:'.length), folder, given instanceof URL);
    case 'redis':
    case 'rediss':
      return redisAddress(checkedUrl(text));
    case 's3':
      return s3Address(checkedUrl(text));
    default:
      if (scheme !== undefined && scheme !== 'file' && text.startsWith('//', scheme.length + 1)) {
        throw new InvalidOptionError(
          'cassette',
          `${scheme}: is no kind of address that is known; give ${FORMS}.`,
        );
      }
      return fileAddress(given, folder);
  }
}

function fileAddress(given: string | URL, folder: string): FileAddress {
  const location = absolutePath(given, folder);
  return { kind: 'file', location, text: location };
}

/** @param isUrl Does the rest have percent encodings that were not in what the user wrote? */
function sqliteAddress(rest: string, folder: string, isUrl: boolean): SqliteAddress {
  const [, written = '', name] = /^(?:\/\/(?=\/))?([^#]*)(?:#(.*))?$/s.exec(rest) ?? [];
  const given = isUrl ? decoded(written) : written.replaceAll('%23', '#');
  if (given === '' || given.startsWith('//') || given.includes('\0') || given === ':memory:') {
    throw new InvalidOptionError(
      'cassette',
      `sqlite:${rest} names no file; write sqlite:./cassettes.db, and sqlite:./cassettes.db#name for one of several in it.`,
    );
  }
  const path = resolve(folder, given);
  const named = isUrl && name !== undefined ? decoded(name) : name;
  const cassette = named === '' || named === DEFAULT_NAME ? undefined : named;
  const text = `sqlite:${path.replaceAll('#', '%23')}${cassette === undefined ? '' : `#${cassette}`}`;
  return { kind: 'sqlite', location: text, text, path, cassette };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function redisAddress(url: URL): RedisAddress {
  const [, named, path = ''] = /^\/(?:(\d+)(?:\/|$))?(.*)$/s.exec(url.pathname) ?? [];
  const prefix = prefixOf(path, `${url.protocol}//HOST/PREFIX`);
  const server = new URL(url);
  server.pathname = named === undefined ? '' : `/${named}`;
  server.hash = '';
  const host = url.host.toLowerCase().replace(/:6379$/, '');
  const database = Number(named ?? 0);
  const location = `${url.protocol}//${host}/${database === 0 ? '' : `${database}/`}${prefix}`;
  return { kind: 'redis', location, text: url.href, url: server.href, database, prefix };
}

function s3Address(url: URL): S3Address {
  const prefix = prefixOf(url.pathname.slice(1), 's3://BUCKET/PREFIX');
  const location = `s3://${url.host}/${prefix}`;
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new InvalidOptionError(
      'cassette',
      `${location} is to be given alone: credentials, region and endpoint are those of the environment (AWS_ACCESS_KEY_ID and the like).`,
    );
  }
  return { kind: 's3', location, text: location, bucket: url.host, prefix };
}

/** Segments of letters, digits and what no store treats in a way of its own. */
function prefixOf(path: string, form: string): string {
  const prefix = path.replace(/\/+$/, '');
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(prefix)) {
    const problem =
      prefix === ''
        ? 'names no cassette'
        : 'has characters in its prefix that are no letters, digits, "_", "-", "." or "/"';
    throw new InvalidOptionError('cassette', `the address ${problem}; write ${form}, as in .../suite/users.`);
  }
  return prefix;
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.host === '') {
    // Nothing of it is shown: the rest may be a password.
    const hint = text.includes('@') ? ' In a password "/" is written %2F, "#" %23 and "?" %3F.' : '';
    throw new InvalidOptionError('cassette', `the address names no host; give ${FORMS}.${hint}`);
  }
  return url;
}
