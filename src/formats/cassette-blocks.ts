/** What stands behind the last block of a cassette file. An append puts `SEPARATOR`, blocks and the footer in its place. */
export const FOOTER = '\n  ]\n}\n';

/** What stands between two blocks. */
export const SEPARATOR = ',\n';

const OPEN = '    {\n';
const CLOSE = '\n    }';

/**
 * The blocks of a text that was made by joining blocks with `SEPARATOR`; undefined for any other text. A line break
 * within a JSON string is escaped, so a line of four spaces and a brace begins or ends a block; and where each piece
 * is a JSON value by itself, the whole is a list of just these.
 */
export function splitBlocks(text: string): readonly string[] | undefined {
  const pieces = text.split(`${CLOSE}${SEPARATOR}${OPEN}`);
  const blocks = pieces.map(
    (piece, index) => `${index === 0 ? '' : OPEN}${piece}${index === pieces.length - 1 ? '' : CLOSE}`,
  );
  return blocks.every(isJson) ? blocks : undefined;
}

/** The blocks that an append wrote in the place of a footer; undefined where it is torn, or where this is no append. */
export function appendedBlocks(tail: string): readonly string[] | undefined {
  return tail.startsWith(SEPARATOR) && tail.endsWith(FOOTER)
    ? splitBlocks(tail.slice(SEPARATOR.length, -FOOTER.length))
    : undefined;
}

/**
 * How much of a damaged cassette file is whole: the blocks from its beginning up to its last complete one, and the
 * bytes up to the end of that. Undefined where there is none, or where something before it is wrong.
 */
export function wholeBeginning(text: string, head: string): { blocks: number; bytes: number } | undefined {
  const end = text.lastIndexOf(CLOSE) + CLOSE.length;
  const begin = head.length + 1;
  const blocks = text.startsWith(`${head}\n`) ? splitBlocks(text.slice(begin, end)) : undefined;
  return blocks && { blocks: blocks.length, bytes: Buffer.byteLength(text.slice(0, end)) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
