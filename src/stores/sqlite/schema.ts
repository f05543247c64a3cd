import type { Driver } from './driver.js';

/** "itps", in the header of every database of cassettes. */
const APPLICATION = 0x69_74_70_73;

/** The version of the tables that is written, and the newest that is read. */
const SCHEMA_VERSION = 1;

/**
 * `version` of a cassette is another one after each removal; additions leave it. The name of a lane is JSON, of its
 * session and its lane. Ids are never used again, so that what was added later has a greater one.
 */
const TABLES = `
  CREATE TABLE cassettes (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL
  ) STRICT;
  CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    cassette INTEGER NOT NULL REFERENCES cassettes (id),
    name TEXT NOT NULL,
    UNIQUE (cassette, name)
  ) STRICT;
  CREATE TABLE interactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cassette INTEGER NOT NULL REFERENCES cassettes (id),
    lane INTEGER NOT NULL REFERENCES lanes (id),
    fingerprint TEXT NOT NULL,
    path TEXT,
    query TEXT,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX interactions_by_lane ON interactions (lane);
  CREATE INDEX interactions_by_fingerprint ON interactions (cassette, fingerprint);
  CREATE INDEX interactions_by_address ON interactions (cassette, path, query);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** What is wrong with a database, and what to do. */
export interface Unfit {
  readonly problem: string;
  readonly hint: string;
}

/** Is it a database of cassettes, an empty one, or one that is not to be touched? */
export function kindOf(driver: Pick<Driver, 'prepare'>): 'cassettes' | 'empty' | Unfit {
  const application = driver.prepare('PRAGMA application_id').get()?.['application_id'];
  const version = driver.prepare('PRAGMA user_version').get()?.['user_version'];
  if (application === APPLICATION && version === SCHEMA_VERSION) {
    return 'cassettes';
  }
  if (application === APPLICATION && typeof version === 'number' && version > SCHEMA_VERSION) {
    return {
      problem: `the version of its tables is ${version}, and this release reads up to ${SCHEMA_VERSION}`,
      hint: 'Update the package.',
    };
  }
  const isEmpty = driver.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  return isEmpty && application === 0
    ? 'empty'
    : { problem: 'it is a database of something else than cassettes', hint: 'Name another file.' };
}

/** In a transaction, for a database that is empty. */
export function createTables(driver: Driver): void {
  driver.exec(TABLES);
}
