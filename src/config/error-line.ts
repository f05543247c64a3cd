import { pathToFileURL } from 'node:url';
import { hostProcess } from '../core/host-realm.js';

const CHECK_TIMEOUT_MS = 10_000;

/**
 * The line of a file that an error is about, from 1; undefined where nobody says.
 *
 * @param error What loading the file threw.
 */
export function lineIn(file: string, error: unknown): number | undefined {
  const { name, stack, message } = (error ?? {}) as Partial<Error>;
  const line = lineAfter(file, `${stack}\n${message}`);
  // Node does not say where in an ES module an error of its syntax is, except to those who only ask about the syntax.
  return line ?? (name === 'SyntaxError' ? lineAfter(file, syntaxCheck(file)) : undefined);
}

function syntaxCheck(file: string): string {
  const { NODE_OPTIONS: _, ...env } = process.env;
  // Not an import: hardly a process needs it.
  const { spawnSync } = hostProcess.getBuiltinModule('node:child_process');
  const { stderr } = spawnSync(process.execPath, ['--check', file], {
    env,
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
  });
  return stderr ?? '';
}

/** The first place in a text that is in the file: `<path or URL>:<line>`. */
function lineAfter(file: string, text: string): number | undefined {
  const lines = [file, pathToFileURL(file).href].flatMap((place) => {
    const start = text.indexOf(`${place}:`);
    const [line] = start < 0 ? [] : (/^\d+/.exec(text.slice(start + place.length + 1)) ?? []);
    return line === undefined ? [] : [Number(line)];
  });
  return lines[0];
}
