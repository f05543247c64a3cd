/**
 * How a body stands in a cassette: the most readable form that gives back exactly its bytes. JSON where a known
 * printer reproduces them, else text (by lines where it has several), else base64.
 */
export type BodyForm =
  | { readonly json: unknown; readonly style?: JsonStyle }
  | { readonly text: string | readonly string[] }
  | { readonly base64: string };

/** A known way to print JSON; the compact one where none is named. */
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

/** The most readable form of a body. */
export function bodyForm(bytes: Uint8Array): BodyForm {
  const text = exactText(bytes);
  if (text === undefined) {
    return base64Form(bytes);
  }
  return jsonForm(text) ?? { text: text.indexOf('\n') === -1 ? text : text.split(/(?<=\n)/) };
}

/** The form that every body has. */
export function base64Form(bytes: Uint8Array): BodyForm {
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') };
}

/**
 * The bytes of a form.
 *
 * @throws TypeError for something that is no form.
 */
export function bodyBytes(form: unknown): Uint8Array {
  if (typeof form !== 'object' || form === null) {
    throw new TypeError(NO_FORM);
  }
  if (['json', 'text', 'base64'].filter((name) => Object.hasOwn(form, name)).length !== 1) {
    throw new TypeError(NO_FORM);
  }
  if (Object.hasOwn(form, 'json')) {
    const { json, style = 'compact' } = form as { json: unknown; style?: JsonStyle };
    if (!Object.hasOwn(PRINTERS, style)) {
      throw new TypeError(`unknown JSON style ${JSON.stringify(style)}`);
    }
    return new TextEncoder().encode(PRINTERS[style](json));
  }
  const { text, base64 } = form as { text?: unknown; base64?: unknown };
  if (typeof text === 'string') {
    return new TextEncoder().encode(text);
  }
  if (Array.isArray(text) && text.every((line) => typeof line === 'string')) {
    return new TextEncoder().encode(text.join(''));
  }
  if (typeof base64 === 'string' && isBase64(base64)) {
    return new Uint8Array(Buffer.from(base64, 'base64'));
  }
  throw new TypeError(NO_FORM);
}

const NO_FORM = 'a body is an object with one of "json", "text" and "base64"';

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1;
}

/** The text, where it is UTF-8 that a person can read and that encodes to the same bytes. */
function exactText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function jsonForm(text: string): BodyForm | undefined {
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

/** Deeper JSON is not readable, indentation makes it many times its size, and printers run out of stack. */
const MAX_DEPTH = 100;

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
