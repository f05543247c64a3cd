/** A body of JSON, printed in a known way: the compact one where no style is named. */
export interface JsonForm {
  readonly json: unknown;
  readonly style?: JsonStyle;
}

/** A known way to print JSON. */
export type JsonStyle = keyof typeof PRINTERS;

const PRINTERS = {
  compact: (value: unknown) => JSON.stringify(value),
  'indent-2': (value: unknown) => JSON.stringify(value, null, 2),
  'indent-4': (value: unknown) => JSON.stringify(value, null, 4),
  'indent-tab': (value: unknown) => JSON.stringify(value, null, '\t'),
  'indent-2-newline': (value: unknown) => `${JSON.stringify(value, null, 2)}\n`,
  'compact-newline': (value: unknown) => `${JSON.stringify(value)}\n`,
  python: (value: unknown) => printPython(value),
};

/** Deeper JSON is not readable, and indentation makes it many times its size. */
const MAX_DEPTH = 100;

/** Deeper JSON, which only somebody's edit can bring, makes printers run out of stack. */
const MAX_EDITED_DEPTH = 1000;

/** The JSON object or list that a text is, where a known printer gives exactly that text. */
export function jsonForm(text: string): JsonForm | undefined {
  if (!/^[{[]/.test(text)) {
    return undefined;
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (isDeeper(json, MAX_DEPTH)) {
    return undefined;
  }
  for (const style of Object.keys(PRINTERS) as JsonStyle[]) {
    if (PRINTERS[style](json) === text) {
      return style === 'compact' ? { json } : { json, style };
    }
  }
  return undefined;
}

/**
 * The bytes of a JSON form, checked at once and printed when they are asked for.
 *
 * @throws TypeError for a style that nobody knows, and for more than 1000 levels.
 */
export function readJson({ json, style = 'compact' }: { json?: unknown; style?: unknown }): () => Uint8Array {
  if (!isStyle(style)) {
    throw new TypeError(`unknown JSON style ${JSON.stringify(style)}`);
  }
  if (isDeeper(json, MAX_EDITED_DEPTH)) {
    throw new TypeError(`"json" has more than ${MAX_EDITED_DEPTH} levels; write it as "text"`);
  }
  return () => new TextEncoder().encode(PRINTERS[style](json));
}

function isStyle(value: unknown): value is JsonStyle {
  return typeof value === 'string' && Object.hasOwn(PRINTERS, value);
}

function isDeeper(value: unknown, depth: number): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (depth === 0 || Object.values(value).some((member) => isDeeper(member, depth - 1)))
  );
}

/** As Python's `json.dumps` prints it: a space after separators, ASCII only. */
function printPython(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(printPython).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, member]) => `${printPython(key)}: ${printPython(member)}`,
    );
    return `{${members.join(', ')}}`;
  }
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
