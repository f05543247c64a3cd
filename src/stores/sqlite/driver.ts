import { createRequire } from 'node:module';
import { describe, InvalidOptionError } from '../../core/errors.js';
import { hostProcess } from '../../core/host-realm.js';

/** What a column holds here. */
export type Value = string | number | null;

/** What a query gives of a row, by the names of its columns. */
export type Row = Readonly<Record<string, Value>>;

/** A prepared statement. */
export interface Statement {
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): readonly Row[];
  run(...values: Value[]): { readonly lastInsertRowid: number | bigint };
}

/** An open database: what Node's own SQLite and better-sqlite3 have in common. */
export interface Driver {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => Driver;
}

type BetterSqlite = new (path: string, options: { readonly readonly: boolean }) => Driver;

const PACKAGE = 'better-sqlite3';
/** The last that comes ready made for Node 20; later ones are for Nodes that have SQLite themselves. */
const INSTALL = `npm i ${PACKAGE}@12.9`;

/**
 * Opens a database; where it may be written, makes it.
 *
 * @throws What the driver throws.
 * @throws InvalidOptionError where this Node has no SQLite, and better-sqlite3 is not installed or does not load.
 */
export function openDriver(path: string, isReadOnly: boolean): Driver {
  const own = nodeSqlite();
  return own === undefined
    ? new (betterSqlite())(path, { readonly: isReadOnly })
    : new own.DatabaseSync(path, { readOnly: isReadOnly });
}

/**
 * Makes sure that a database could be opened.
 *
 * @throws InvalidOptionError as `openDriver` does.
 */
export function checkDriver(): void {
  if (nodeSqlite() === undefined) {
    betterSqlite();
  }
}

let nodes: NodeSqlite | undefined;

/** Undefined before Node 22.13, which has none, or only behind a flag. */
function nodeSqlite(): NodeSqlite | undefined {
  nodes ??= withoutItsWarning(() => hostProcess.getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined);
  return nodes;
}

let better: BetterSqlite | undefined;

function betterSqlite(): BetterSqlite {
  try {
    better ??= createRequire(import.meta.url)(PACKAGE) as BetterSqlite;
    return better;
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException)?.code === 'MODULE_NOT_FOUND';
    const why = isMissing ? `${PACKAGE} is not installed` : `${PACKAGE} does not load: ${describe(cause)}`;
    const problem = `this Node has no SQLite of its own, and ${why}. Run: ${INSTALL}; or use Node 22.13 or newer.`;
    throw new InvalidOptionError('store', problem, { cause });
  }
}

/** Node warns once, when it loads the module, that it is experimental: nothing that a user could do anything about. */
function withoutItsWarning<T>(load: () => T): T {
  const { emitWarning } = hostProcess;
  hostProcess.emitWarning = ((...given: Parameters<typeof emitWarning>) => {
    const [warning, type] = given as readonly unknown[];
    if (type !== 'ExperimentalWarning' || !String(warning).startsWith('SQLite ')) {
      emitWarning.apply(hostProcess, given);
    }
  }) as typeof emitWarning;
  try {
    return load();
  } finally {
    hostProcess.emitWarning = emitWarning;
  }
}
