import { styleText } from 'node:util';
import { showProgress } from './progress.js';

type Style = Parameters<typeof styleText>[0];

/** Where a command reads its surroundings from, and writes to. */
export interface Terminal {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was asked for: on stdout. */
  out(text: string): void;
  /** What is said besides: on stderr. */
  err(text: string): void;
  /** Colours what goes to stdout, where that is a terminal that shows colours. */
  style(style: Style, text: string): string;
  /** Does work that takes long, and shows how far it has come. */
  readonly progress: typeof showProgress;
}

/** The one that this process runs in. `NO_COLOR` and `FORCE_COLOR` have their say, as Node takes them. */
export function ownTerminal(): Terminal {
  const isColoured = process.stdout.isTTY === true && process.stdout.hasColors();
  return {
    cwd: process.cwd(),
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    style: (style, text) => (isColoured ? styleText(style, text) : text),
    progress: showProgress,
  };
}
