import { types } from 'node:util';
import { InvalidOptionError } from '../../core/errors.js';
import { noSuchOption } from '../../core/no-such-option.js';
import { type JsonPath, parsePath } from '../matching/json-path.js';
import { checkedNames, SecretNames } from './secret-names.js';
import { Secrets } from './secrets.js';

/** What is secret besides what looks like it, and what is not. */
export interface RedactOptions {
  /** Names of headers whose value is a secret. Names count without case, `-` and `_`, here and below. */
  readonly headers?: readonly string[];
  /** Names of parameters in URLs whose value is a secret. */
  readonly query?: readonly string[];
  /**
   * Names of fields in JSON, forms, multipart bodies and XML whose value is a secret; or JSON paths (`$.a.b`), which
   * hold for JSON only.
   */
  readonly json?: readonly string[];
  /** What they match is a secret, in bodies, headers and URLs. They have to be linear: they see every body. */
  readonly patterns?: readonly RegExp[];
  /** Values that are secrets wherever they turn up, of any length. */
  readonly values?: readonly string[];
  /** Names of headers, cookies, parameters, fields and environment variables whose value stays as it is. */
  readonly keep?: readonly string[];
  /**
   * Called last, with each URL, header value and text body; gives the text to store. Bodies that are no text are not
   * shown. It has to give the same for the same text, and to leave what it gave unchanged: it gets that again.
   */
  readonly custom?: (text: string, where: RedactedPlace) => string;
}

/** What a text is that `custom` gets. */
export type RedactedPlace = 'url' | 'header' | 'body';

const MEMBERS = ['headers', 'query', 'json', 'patterns', 'values', 'keep', 'custom'];

/**
 * What the options say is secret.
 *
 * @throws InvalidOptionError for an unknown member, and for a value of the wrong kind; its `option` says which, such as
 * `redact.headers[0]`.
 */
export function secretsOf(options: RedactOptions): Secrets {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('redact', 'it is neither an object nor false.');
  }
  for (const name of Object.keys(options)) {
    if (!MEMBERS.includes(name)) {
      throw new InvalidOptionError(`redact.${name}`, noSuchOption(name, MEMBERS));
    }
  }
  if (options.custom !== undefined && typeof options.custom !== 'function') {
    throw new InvalidOptionError('redact.custom', 'it is not a function.');
  }
  const fields = checkedNames(options.json, 'redact.json');
  const names = new SecretNames(
    {
      header: checkedNames(options.headers, 'redact.headers'),
      query: checkedNames(options.query, 'redact.query'),
      field: fields.filter((name) => !isPath(name)),
    },
    checkedNames(options.keep, 'redact.keep'),
  );
  const secrets = new Secrets(names, pathsOf(fields), patternsOf(options.patterns));
  for (const value of valuesOf(options.values)) {
    secrets.add(value);
  }
  return secrets;
}

function isPath(name: string): boolean {
  return name.startsWith('$');
}

function pathsOf(fields: readonly string[]): JsonPath[] {
  return fields.flatMap((field, index) => (isPath(field) ? [parsePath(field, `redact.json[${index}]`)] : []));
}

function patternsOf(patterns: unknown = []): RegExp[] {
  return checkedList(patterns, 'redact.patterns').map((pattern, index) => {
    if (!types.isRegExp(pattern)) {
      throw new InvalidOptionError(`redact.patterns[${index}]`, 'it is not a RegExp.');
    }
    return new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`);
  });
}

function valuesOf(values: unknown = []): string[] {
  return checkedList(values, 'redact.values').map((value, index) => {
    if (typeof value !== 'string' || value === '') {
      throw new InvalidOptionError(`redact.values[${index}]`, 'it is not a text, or an empty one.');
    }
    return value;
  });
}

function checkedList(list: unknown, option: string): readonly unknown[] {
  if (!Array.isArray(list)) {
    throw new InvalidOptionError(option, 'it is not a list.');
  }
  return list;
}
