const ONE_LINE = 100;

/**
 * JSON for people who read it in a diff: two spaces a level, and a list of plain values on one line where it is a
 * pair or short, as an object of one short member does. Characters that nobody sees are escaped. `indent` is the depth of the value's own line.
 */
export function prettyJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) {
    return plain(value);
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) {
      const line = `[${value.map(plain).join(', ')}]`;
      if (value.length <= 2 || line.length <= ONE_LINE) {
        return line;
      }
    }
    return `[\n${value.map((item) => inner + prettyJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${inner}${plain(key)}: ${prettyJson(member, inner)}`);
  const line = `{ ${members.map((member) => member.trimStart()).join(', ')} }`;
  if (members.length === 1 && !line.includes('\n') && line.length <= ONE_LINE) {
    return line;
  }
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}

// Controls, soft hyphens, marks of direction, zero-width characters, separators, byte order marks, tags.
const INVISIBLE =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40[\udc00-\udc7f]/g;

function plain(value: unknown): string {
  return JSON.stringify(value).replace(INVISIBLE, (found) =>
    Array.from(
      { length: found.length },
      (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
