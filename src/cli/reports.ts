import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe } from '../core/errors.js';
import { isOnLoopback } from '../http/passthrough.js';
import type { CassetteLine, ReportLine } from '../report-file.js';
import { CommandError } from './command-error.js';
import { grouped } from './grouped.js';

/** What happened at one cassette, in all processes together. */
export interface CassetteSummary {
  readonly location: string;
  readonly hits: number;
  /** The recordings that have answered, by `recordingId`. */
  readonly used: ReadonlySet<string>;
  /** Was it replayed? Where it was only recorded, nothing is looked up, and nothing is unused. */
  readonly replayed: boolean;
}

/** What reports say, added up. Requests are `GET https://…`. */
export interface Summary {
  readonly processes: number;
  /** Those that did not end by themselves: the last of their HITs may be missing. */
  readonly killed: number;
  readonly hits: number;
  readonly misses: readonly string[];
  /** What was sent to be recorded. */
  readonly live: readonly string[];
  readonly passed: readonly string[];
  readonly notBrokered: readonly string[];
  readonly cassettes: readonly CassetteSummary[];
}

/** The requests that were sent to other machines. */
export function leftTheMachine({ live, passed, notBrokered }: Summary): readonly string[] {
  return [...live, ...passed, ...notBrokered].filter(
    (request) => !isOnLoopback(request.slice(request.indexOf(' ') + 1)),
  );
}

/**
 * Reads report files, of shards or of whole runs.
 *
 * @throws CommandError for a file that cannot be read, or is no report; it says which line.
 */
export function readReports(files: readonly string[], cwd: string): Summary {
  return summaryOf(files.flatMap((file) => linesOf(resolve(cwd, file))));
}

/**
 * What was written into a report since it had so many lines, as `lineCount` counts them; undefined where nothing was.
 *
 * @throws CommandError as `readReports` does, and not for a file that is missing.
 */
export function readReportSince(file: string, count: number): Summary | undefined {
  const lines = linesIfThere(file).slice(count);
  return lines.length === 0 ? undefined : summaryOf(lines);
}

/** How many lines a report has; none where it is missing. */
export function lineCount(file: string): number {
  return linesIfThere(file).length;
}

function summaryOf(lines: readonly ReportLine[]): Summary {
  const about = lines.flatMap(({ cassette }) => (cassette === undefined ? [] : [cassette]));
  const begun = new Set(lines.filter((line) => line.begun !== undefined).map((line) => line.process));
  // A process may go on behind an end.
  const last = new Map(lines.map((line) => [line.process, line]));
  return {
    processes: begun.size,
    killed: [...begun].filter((one) => last.get(one)?.ended !== true).length,
    hits: about.reduce((sum, { hits }) => sum + hits, 0),
    misses: about.flatMap(({ misses }) => misses),
    live: about.flatMap(({ live }) => live),
    passed: about.flatMap(({ passed }) => passed),
    notBrokered: about.flatMap(({ notBrokered }) => notBrokered),
    cassettes: [...grouped(about, ({ location }) => location)].map(([location, all]) => ({
      location,
      hits: all.reduce((sum, { hits }) => sum + hits, 0),
      used: new Set(all.flatMap(({ used }) => used)),
      replayed: all.some(({ mode }) => mode !== 'record'),
    })),
  };
}

/**
 * The same for commands that judge a run.
 *
 * @throws CommandError also where no process has written anything: of such a run nothing is known.
 */
export function readRun(files: readonly string[], cwd: string): Summary {
  const summary = readReports(files, cwd);
  if (summary.processes === 0) {
    throw new CommandError(
      `no process has written into ${files.join(', ')}. Set INTERPOSITION_REPORT for the run of the tests.`,
    );
  }
  return summary;
}

function linesIfThere(file: string): ReportLine[] {
  return existsSync(file) ? linesOf(file) : [];
}

function linesOf(file: string): ReportLine[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const problem = `cannot read the report: ${describe(cause)}`;
    throw new CommandError(`${problem}. Set INTERPOSITION_REPORT for the run of the tests.`, { cause });
  }
  return text.split('\n').flatMap((line, index) => {
    if (line === '') {
      return [];
    }
    const read = parsed(line);
    if (read === undefined) {
      throw new CommandError(
        `${file} is no report of this version: its line ${index + 1} is none of INTERPOSITION_REPORT`,
      );
    }
    return [read];
  });
}

function parsed(line: string): ReportLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isReportLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isReportLine(value: unknown): value is ReportLine {
  const { report, process, cassette } = (value ?? {}) as Record<string, unknown>;
  return report === 1 && typeof process === 'string' && (cassette === undefined || isCassetteLine(cassette));
}

function isCassetteLine(value: unknown): value is CassetteLine {
  const { location, mode, hits, ...lists } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof location === 'string' &&
    typeof mode === 'string' &&
    Number.isSafeInteger(hits) &&
    ['misses', 'live', 'passed', 'notBrokered', 'used'].every((name) => {
      const list = lists[name];
      return Array.isArray(list) && list.every((item) => typeof item === 'string');
    })
  );
}
