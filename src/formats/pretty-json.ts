const ONE_LINE = 100;

/**
 * JSON for people who read it in a diff: two spaces a level, and a list of plain values on one line where it is a
 * pair or short, as an object of one short member does. Characters that nobody sees are escaped. `indent` is the depth of the value's own line.
 */
export function prettyJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) {
    return plain(value);
  }
  return Array.isArray(value) ? list(value, indent) : object(value, indent);
}

function list(values: readonly unknown[], indent: string): string {
  if (values.every(isPlain)) {
    let line = '';
    for (const value of values) {
      line += line === '' ? plain(value) : `, ${plain(value)}`;
    }
    if (values.length <= 2 || line.length + '[]'.length <= ONE_LINE) {
      return `[${line}]`;
    }
  }
  const inner = `${indent}  `;
  let text = '';
  for (const value of values) {
    text += `${text === '' ? '' : ',\n'}${inner}${prettyJson(value, inner)}`;
  }
  return `[\n${text}\n${indent}]`;
}

function object(value: object, indent: string): string {
  const inner = `${indent}  `;
  let text = '';
  let members = 0;
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) {
      text += `${members === 0 ? '' : `,\n${inner}`}${plain(key)}: ${prettyJson(member, inner)}`;
      members++;
    }
  }
  if (members === 0) {
    return '{}';
  }
  return members === 1 && text.length + '{  }'.length <= ONE_LINE && !text.includes('\n')
    ? `{ ${text} }`
    : `{\n${inner}${text}\n${indent}}`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** What stands between its quotes as it is. */
const UNESCAPED = /^[ !#-[\]-~]*$/;

// Controls, soft hyphens, marks of direction, zero-width characters, separators, byte order marks, tags.
const INVISIBLE =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\udc7f]/g;

function plain(value: unknown): string {
  if (typeof value === 'string' && UNESCAPED.test(value)) {
    return `"${value}"`;
  }
  return JSON.stringify(value).replace(INVISIBLE, (found) =>
    Array.from(
      { length: found.length },
      (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
