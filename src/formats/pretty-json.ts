const ONE_LINE = 100;

/**
 * JSON for people who read it in a diff: two spaces a level, and a list of plain values on one line where it is a
 * pair or short, as an object of one short member does. `indent` is the depth of the value's own line.
 */
export function prettyJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) {
      const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
      if (value.length <= 2 || line.length <= ONE_LINE) {
        return line;
      }
    }
    return `[\n${value.map((item) => inner + prettyJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${inner}${JSON.stringify(key)}: ${prettyJson(member, inner)}`);
  const line = `{ ${members.map((member) => member.trimStart()).join(', ')} }`;
  if (members.length === 1 && !line.includes('\n') && line.length <= ONE_LINE) {
    return line;
  }
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`;
}
