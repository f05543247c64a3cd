/** How many edits a name may be away to be what was meant: one for every three characters. */
const CHARACTERS_AN_EDIT = 3;
/** Nobody means an option by a longer one. */
const LONGEST = 40;

/**
 * What is wrong with an option that there is not, for an InvalidOptionError.
 *
 * @param names Those that there are.
 */
export function noSuchOption(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  const meant = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  return `there is no such option${meant}; there are ${names.join(', ')}.`;
}

/** The name that was most likely meant; undefined where none is near. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / CHARACTERS_AN_EDIT));
  const [nearest] = names
    // What is much longer or shorter is none, and need not be compared.
    .filter((known) => Math.abs(known.length - name.length) <= most && name.length <= LONGEST)
    .map((known) => ({ known, edits: editsBetween(name.toLowerCase(), known.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((one, other) => one.edits - other.edits);
  return nearest?.known;
}

/** Levenshtein's distance: how many characters to add, remove or replace. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, character] of [...one].entries()) {
    const next = [index + 1];
    for (let place = 1; place <= other.length; place++) {
      const replaced = (row[place - 1] as number) + (character === other[place - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[place] as number) + 1, (next[place - 1] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
