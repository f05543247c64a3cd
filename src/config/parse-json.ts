import { describe, InvalidOptionError } from '../core/errors.js';

/**
 * The value of a JSON text.
 *
 * @param file Where it stands, for the error.
 * @throws InvalidOptionError that names file and line.
 */
export function parseJson(text: string, file: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(json);
  } catch (cause) {
    const problem = describe(cause).replaceAll(/\s+/g, ' ');
    throw new InvalidOptionError(`config file ${file}`, `line ${lineOf(cause, json)}: ${problem}`, { cause });
  }
}

function lineOf(error: unknown, text: string): number {
  const position = positionIn(error);
  if (position !== undefined) {
    return text.slice(0, position).split('\n').length;
  }
  const lines = text.trimEnd().split('\n');
  const wrong = lines.findIndex((_, index) => !isBeginning(lines.slice(0, index + 1).join('\n')));
  return wrong < 0 ? lines.length : wrong + 1;
}

/** V8 tells the position of some errors only, and shows the text around it for others. */
function positionIn(error: unknown): number | undefined {
  const [, position] = /\bat position (\d+)/.exec(describe(error)) ?? [];
  return position === undefined ? undefined : Number(position);
}

/** Is the end all that a text lacks, if anything? */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const position = positionIn(error);
    return position === undefined
      ? /\bend of JSON\b/.test(describe(error))
      : position >= text.trimEnd().length || /\bUnterminated\b/.test(describe(error));
  }
}
