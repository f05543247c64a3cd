import type { Interaction } from '../core/interaction.js';
import { isPlaceholder, PLACEHOLDER } from '../http/redaction/placeholder.js';
import { printInteraction } from './cassette-json.js';
import { isPairs, isRecord } from './shapes.js';

/** A place in an interaction, in words that hold none of its values. */
export interface Place {
  /** `request.target`, `request.headers x-api-key`, `response.body $.user.token`, `response.body line 12`. */
  readonly name: string;
  /** The same without names that the interaction brought along: `response.body`. */
  readonly part: string;
  /** The option that would redact it, as it is written: `json: ['$.user.token']`. */
  readonly redact: string;
}

/** What of an interaction stands in a cassette file, as one text for a scanner of secrets. */
export interface ScanText {
  /** Without escapes and base64; values stand after their names, and in the place of placeholders are spaces. */
  readonly text: string;
  /** The place of a character of the text. */
  placeAt(offset: number): Place;
}

/** A piece of the text: from where on, and what its lines are called. */
interface Piece {
  readonly start: number;
  readonly place: Place;
  /** Lines are counted. */
  readonly hasLines: boolean;
}

/** The text of an interaction for a scanner. */
export function scanText(interaction: Interaction): ScanText {
  const writer = new Writer();
  const { json } = JSON.parse(printInteraction(interaction)) as { json: Readonly<Record<string, unknown>> };
  for (const [name, value] of Object.entries(json)) {
    writer.part(value, name);
  }
  const { text, pieces } = writer;
  return {
    text: text.replace(PLACEHOLDER, (found) => (isPlaceholder(found) ? ' '.repeat(found.length) : found)),
    placeAt: (offset) => placeIn(text, pieces, offset),
  };
}

/** Writes the parts of an interaction as they stand in a file. */
class Writer {
  text = '';
  readonly pieces: Piece[] = [];

  /** A member of the file, below the parts that have names of their own. */
  part(value: unknown, name: string): void {
    if (isPairs(value)) {
      for (const [key, text] of value) {
        this.#header(name, key, text);
      }
    } else if (Array.isArray(value)) {
      for (const item of value) {
        this.part(item, name);
      }
    } else if (isRecord(value)) {
      for (const [key, below] of Object.entries(value)) {
        const write = FORMS.get(key);
        if (name.endsWith('.body') && write !== undefined) {
          write(this, below, name);
        } else {
          this.part(below, `${name}.${key}`);
        }
      }
    } else {
      this.write(String(value), { name, part: name, redact: ANY });
    }
  }

  #header(part: string, pair: string, value: string): void {
    const header = /^(?:interim:)?(?:header|trailer):(.*)$/s.exec(pair)?.[1] ?? pair;
    this.write(`${header}: ${value}`, {
      name: `${part} ${header}`,
      part,
      redact: `headers: [${quoted(header)}]`,
    });
  }

  field(part: string, name: string, value: string): void {
    this.write(`"${name}": "${value}"`, { name: `${part} ${name}`, part, redact: `json: [${quoted(name)}]` });
  }

  json(value: unknown, path: string, name: string, part: string): void {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        this.json(item, `${path}[${index}]`, name, part);
      }
    } else if (isRecord(value)) {
      for (const [key, below] of Object.entries(value)) {
        const step = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key) ? `.${key}` : `[${quoted(key)}]`;
        this.json(below, path + step, key, part);
      }
    } else {
      const place = { name: `${part} ${path}`, part, redact: `json: [${quoted(path)}]` };
      this.write(`"${name}": "${String(value)}"`, place);
    }
  }

  write(text: string, place: Place, hasLines = false): void {
    this.pieces.push({ start: this.text.length, place, hasLines });
    this.text += `${text}\n`;
  }
}

const ANY = 'values: […]';

/** How the forms of bodies are written. */
const FORMS = new Map<string, (writer: Writer, form: unknown, part: string) => void>([
  ['json', (writer, json, part) => writer.json(json, '$', '', part)],
  ['text', writeText],
  ['chunks', writeText],
  [
    'form',
    (writer, fields, part) => {
      for (const [name, value] of isPairs(fields) ? fields : []) {
        writer.field(part, name, value);
      }
    },
  ],
  [
    'multipart',
    (writer, parts, part) => {
      for (const item of Array.isArray(parts) ? parts : []) {
        // The part's headers stand before its body, whose name tells a scanner what it is.
        writer.part(item, part);
      }
    },
  ],
  [
    'base64',
    (writer, data, part) => {
      const text = Buffer.from(String(data), 'base64').toString('latin1');
      writer.write(text, { name: part, part, redact: ANY });
    },
  ],
]);

/** A text by lines, and by chunks of such. */
function writeText(writer: Writer, text: unknown, part: string): void {
  const whole = Array.isArray(text) ? text.flat().join('') : String(text);
  writer.write(whole, { name: part, part, redact: ANY }, true);
}

function placeIn(text: string, pieces: readonly Piece[], offset: number): Place {
  const { start, place, hasLines } = pieces.findLast((piece) => piece.start <= offset) as Piece;
  if (!hasLines) {
    return place;
  }
  const line = text.slice(start, offset).split('\n').length;
  return { ...place, name: `${place.name} line ${line}` };
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
