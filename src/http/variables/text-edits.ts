import type { JsonPath } from '../matching/json-path.js';
import { type JsonToken, scanJson } from '../redaction/json-scan.js';
import { type Edit, edited } from './needles.js';
import type { Replacements } from './replacements.js';
import type { Setting } from './spellings.js';

/** What is to be replaced in a text: by the tokens of JSON where it is JSON or has lines that are, else as text. */
export function textEdits(text: string, replacements: Replacements, ascii: boolean): Edit[] {
  if (isJson(text)) {
    return tokenEdits(text, replacements, ascii, replacements.places);
  }
  const trimmed = text.trim();
  const whole = replacements.whole(trimmed);
  if (whole !== undefined) {
    const start = text.indexOf(trimmed);
    return whole === trimmed ? [] : [{ start, end: start + trimmed.length, text: whole }];
  }
  return linesEdits(text, replacements, ascii);
}

/** A line of NDJSON, or of the data of an event (text/event-stream), up to where its JSON begins. */
const BEFORE_JSON = /^(?:data:)?[ \t]*(?=[[{])/gm;

function linesEdits(text: string, replacements: Replacements, ascii: boolean): Edit[] {
  const edits: Edit[] = [];
  const setting = settingOf(text);
  let textFrom = 0;
  const addText = (end: number) =>
    addMoved(edits, replacements.edits(text.slice(textFrom, end), setting), textFrom);
  for (const { 0: before, index } of text.matchAll(BEFORE_JSON)) {
    const start = index + before.length;
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    if (isJson(line)) {
      addText(start);
      addMoved(edits, tokenEdits(line, replacements, ascii, replacements.places), start);
      textFrom = end;
    }
  }
  addText(text.length);
  return edits;
}

/** Of a JSON text: in its strings and numbers, not in the names of members. At `places` short values count as well. */
function tokenEdits(
  text: string,
  replacements: Replacements,
  ascii: boolean,
  places: readonly JsonPath[] = [],
): Edit[] {
  const edits: Edit[] = [];
  const visit = ({ kind, start, end, isNamed }: JsonToken) => {
    const token = text.slice(start, end);
    if (kind === 'string') {
      addMoved(edits, stringEdits(token, replacements, ascii, isNamed), start);
    } else {
      const next = replacements.number(token, isNamed);
      if (next !== undefined && next !== token) {
        edits.push({ start, end, text: next });
      }
    }
  };
  scanJson(text, visit, places);
  return edits;
}

/** Of the inside of a JSON string. */
function stringEdits(inside: string, replacements: Replacements, ascii: boolean, isNamed: boolean): Edit[] {
  const isEscaped = inside.includes('\\');
  const value = isEscaped ? (JSON.parse(`"${inside}"`) as string) : inside;
  const edits = valueEdits(value, replacements, isNamed);
  if (edits.length === 0 || !isEscaped) {
    return edits.map((edit) => ({ ...edit, text: escaped(edit.text, ascii) }));
  }
  return [{ start: 0, end: inside.length, text: escaped(edited(value, edits), ascii) }];
}

/** Of what a JSON string says. */
function valueEdits(value: string, replacements: Replacements, isNamed: boolean): Edit[] {
  const whole = replacements.whole(value, isNamed);
  if (whole !== undefined) {
    return whole === value ? [] : [{ start: 0, end: value.length, text: whole }];
  }
  return isJson(value) ? tokenEdits(value, replacements, false) : replacements.edits(value, settingOf(value));
}

function isJson(text: string): boolean {
  if (!/^\s*[[{"]/.test(text)) {
    return false;
  }
  try {
    JSON.parse(text.replace(/^\ufeff/, ''));
    return true;
  } catch {
    return false;
  }
}

/** Is the text one URL, or the path of one? */
function settingOf(text: string): Setting {
  return /^(?:[a-z][a-z0-9+.-]*:\/)?\/[^\s]*$/i.test(text) ? 'url' : 'text';
}

/** As it stands between the quotes of a JSON string. */
function escaped(text: string, ascii: boolean): string {
  const json = JSON.stringify(text).slice(1, -1);
  return ascii
    ? json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;
}

// Not by `push(...more)`: there may be more than a call takes arguments.
function addMoved(edits: Edit[], more: readonly Edit[], by: number): void {
  for (const { start, end, text } of more) {
    edits.push({ start: start + by, end: end + by, text });
  }
}
