import { type BigIntStats, fstatSync, statSync } from 'node:fs';
import type { Committed } from './lock-log.js';

/** The state of a file. */
export interface FileState extends Committed {
  /** What tells the file from others. */
  readonly identity: string;
  /** What tells this state from others. */
  readonly stamp: string;
}

/** The state of an open file. */
export function stateOf(file: number): FileState {
  return stateFrom(fstatSync(file, { bigint: true }));
}

/** The state of the file at a path; undefined where there is none. */
export function stateAt(path: string): FileState | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && stateFrom(stat);
}

function stateFrom({ dev, ino, size, mtimeNs }: BigIntStats): FileState {
  const identity = `${dev}:${ino}`;
  return { identity, stamp: `${identity}:${size}:${mtimeNs}`, size: Number(size), ino: String(ino) };
}
