/**
 * Tells whether a place, such as `body.users[1].name`, is one of those that the patterns name. `*` is one step of the
 * way, or any part of one; `**` any number of steps. A pattern names everything below its place as well.
 */
export function placeMatcher(patterns: readonly string[]): (place: string) => boolean {
  const all = patterns.map(steps);
  return (place) => {
    const way = steps(place);
    return all.some((pattern) => leadsInto(pattern, way));
  };
}

/** `body.users[1]["a.b"]` as `body`, `users`, `1`, `a.b`. */
function steps(place: string): readonly string[] {
  return Array.from(
    place.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g),
    ([, quoted, index, name]) =>
      quoted === undefined ? (index ?? name ?? '') : (JSON.parse(`"${quoted}"`) as string),
  );
}

function leadsInto(pattern: readonly string[], way: readonly string[]): boolean {
  const [step, ...rest] = pattern;
  if (step === undefined) {
    return true;
  }
  if (step === '**') {
    return leadsInto(rest, way) || (way.length > 0 && leadsInto(pattern, way.slice(1)));
  }
  return way.length > 0 && matches(step, way[0] as string) && leadsInto(rest, way.slice(1));
}

function matches(step: string, name: string): boolean {
  const [first = '', ...parts] = step.split('*');
  const last = parts.pop();
  if (last === undefined) {
    return step === name;
  }
  let from = first.length;
  for (const part of parts) {
    const place = name.indexOf(part, from);
    if (place === -1) {
      return false;
    }
    from = place + part.length;
  }
  return name.startsWith(first) && name.endsWith(last) && from + last.length <= name.length;
}
