import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isoNow, setTimeout } from './core/clock.js';
import { type BrokerMode, InvalidOptionError } from './core/errors.js';
import type { Interaction } from './core/interaction.js';
import type { RequestHead } from './core/recording.js';
import { isOnLoopback } from './http/passthrough.js';

/**
 * A line of a report file. Several processes append to one file, each its own lines; what a line counts is what has
 * happened since its process's last line, so reports are merged by adding lines up.
 */
export interface ReportLine {
  /** The version of the format: 1. */
  readonly report: 1;
  /** One process, or worker thread. */
  readonly process: string;
  /** Its beginning, and that it goes on behind an end: when, the version of Node, and what it runs. */
  readonly begun?: { readonly at: string; readonly node: string; readonly program: string };
  /** Nothing of it is missing, where this is its last line: it has ended by itself, or has done nothing since. */
  readonly ended?: true;
  /** What went on at one cassette. */
  readonly cassette?: CassetteLine;
}

/** What went on at a cassette since the process's last line about it. Requests are `GET https://…`, without secrets. */
export interface CassetteLine {
  /** Its absolute path, or what its store is called. */
  readonly location: string;
  readonly mode: BrokerMode;
  readonly modeSource: string;
  readonly hits: number;
  /** Of `replay`: they failed. */
  readonly misses: readonly string[];
  /** What was sent to be recorded. */
  readonly live: readonly string[];
  /** What `passthrough` let go. */
  readonly passed: readonly string[];
  /** What went past every Broker, and was let go by the guard. */
  readonly notBrokered: readonly string[];
  /** The recordings that have answered, by `recordingId`. */
  readonly used: readonly string[];
}

/** What tells a recording from the others of its cassette. */
export function recordingId({ fingerprint, recording }: Interaction): string {
  const { session, lane, order = '' } = recording;
  return [fingerprint, session, lane, order].join(' ').trimEnd();
}

/** What one Broker does, for the report. */
export interface Tally {
  hit(interaction: Interaction): void;
  miss(request: RequestHead): void;
  passed(request: RequestHead): void;
  notBrokered(request: RequestHead): void;
}

/** A cassette, and in which mode it is used. */
export type ReportedCassette = Pick<CassetteLine, 'location' | 'mode' | 'modeSource'>;

/** HITs are written together, as they come by the thousand; what a reviewer must not miss is written at once. */
const PAUSE_MS = 250;

let file: ReportFile | undefined;

/**
 * The report file of this process; undefined where `INTERPOSITION_REPORT` names none.
 *
 * @throws InvalidOptionError where it cannot be written.
 */
export function reportFile(): ReportFile | undefined {
  const path = process.env.INTERPOSITION_REPORT;
  if (path !== undefined && path !== '') {
    file ??= new ReportFile(resolve(path));
  }
  return file;
}

/**
 * For the exit of the process, and for where somebody may end it without one: nothing of the report is missing. What
 * happens afterwards is reported as well.
 */
export function endReport(): void {
  file?.end();
}

class ReportFile {
  readonly #path: string;
  readonly #process = `${process.pid}-${randomBytes(4).toString('hex')}`;
  readonly #tallies = new Set<FileTally>();
  #waiting = false;
  #hasEnded = false;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#begin();
    } catch (cause) {
      throw new InvalidOptionError('INTERPOSITION_REPORT', `${path} cannot be written.`, { cause });
    }
  }

  /** @param text Makes a text fit to be shown. */
  tally(about: ReportedCassette, text: (text: string) => string): Tally {
    const tally = new FileTally(about, text, (isUrgent) => this.#changed(isUrgent));
    this.#tallies.add(tally);
    return tally;
  }

  end(): void {
    this.#flush();
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#write({ ended: true });
    }
  }

  #begin(): void {
    // Without its arguments: they may hold secrets.
    const program = process.argv[1] ?? '';
    this.#write({ begun: { at: isoNow(), node: process.version, program } });
  }

  #changed(isUrgent: boolean): void {
    if (this.#hasEnded) {
      this.#hasEnded = false;
      this.#begin();
    }
    if (isUrgent) {
      this.#flush();
    } else if (!this.#waiting) {
      this.#waiting = true;
      setTimeout(() => this.#flush(), PAUSE_MS).unref();
    }
  }

  #flush(): void {
    this.#waiting = false;
    for (const tally of this.#tallies) {
      const cassette = tally.take();
      if (cassette !== undefined) {
        this.#write({ cassette });
      }
    }
  }

  #write(line: Omit<ReportLine, 'report' | 'process'>): void {
    appendFileSync(this.#path, `${JSON.stringify({ report: 1, process: this.#process, ...line })}\n`);
  }
}

type Requests = 'misses' | 'live' | 'passed' | 'notBrokered';

class FileTally implements Tally {
  readonly #about: ReportedCassette;
  readonly #text: (text: string) => string;
  readonly #changed: (isUrgent: boolean) => void;
  readonly #known = new Set<Interaction>();
  #used: string[] = [];
  #hits = 0;
  #requests: Record<Requests, string[]> = { misses: [], live: [], passed: [], notBrokered: [] };
  #isNew = true;

  constructor(about: ReportedCassette, text: (text: string) => string, changed: (isUrgent: boolean) => void) {
    this.#about = about;
    this.#text = text;
    this.#changed = changed;
    changed(false);
  }

  hit(interaction: Interaction): void {
    this.#hits++;
    if (!this.#known.has(interaction)) {
      this.#known.add(interaction);
      this.#used.push(recordingId(interaction));
    }
    this.#changed(false);
  }

  miss(request: RequestHead): void {
    this.#note(this.#about.mode === 'replay' ? 'misses' : 'live', request);
  }

  passed(request: RequestHead): void {
    this.#note('passed', request);
  }

  notBrokered(request: RequestHead): void {
    this.#note('notBrokered', request);
  }

  /** What has happened since the last time; undefined where nothing has. */
  take(): CassetteLine | undefined {
    const used = this.#used;
    const hits = this.#hits;
    const requests = this.#requests;
    if (!this.#isNew && hits === 0 && Object.values(requests).every(({ length }) => length === 0)) {
      return undefined;
    }
    this.#isNew = false;
    this.#used = [];
    this.#hits = 0;
    this.#requests = { misses: [], live: [], passed: [], notBrokered: [] };
    return { ...this.#about, hits, ...requests, used };
  }

  #note(kind: Requests, { action, target }: RequestHead): void {
    this.#requests[kind].push(`${action} ${this.#text(target)}`);
    // To this machine goes whatever a test serves itself; all the rest is what somebody looks for.
    this.#changed(!isOnLoopback(target));
  }
}
