import type { Cassette } from '../../core/cassette.js';
import { BEHIND_SOURCE } from '../../core/cassette-source.js';
import { blockInFile, fileOfOne } from '../../formats/one-interaction.js';
import { applied, type Block, blockOf, changeTo } from '../cassette-change.js';
import { RowSource } from './row-source.js';
import { StoredRow } from './stored-row.js';
import type { Table } from './table.js';

/** What a save has to do. */
interface Plan {
  readonly removed: readonly number[];
  readonly added: readonly Block[];
}

/** What a store has to do with a database already. */
export interface Own {
  /** The ids of the rows that it has saved. */
  readonly ids: ReadonlySet<number>;
  /** Did it load or save this cassette? Then others cannot have what was appended to it. */
  knows(cassette: Cassette): boolean;
}

/** What a save has done. */
export interface Changed {
  /** The ids of the new rows. */
  readonly added: readonly number[];
  /** To be called when it is committed. */
  committed(): void;
}

/**
 * Makes the rows of a cassette those of another version of it, in a transaction. Others may have changed them as well:
 * what they removed stays so, and what they, too, have added is there once. Costs what the change is large, where the
 * one version was made from the other.
 */
export function changeRows(table: Table, cassette: Cassette, before: Cassette, own: Own): Changed {
  const source =
    before.source instanceof RowSource && before.source.home === table.home ? before.source : undefined;
  const version = table.version() ?? table.make();
  const { removed, added } =
    planOf(table, cassette, before, source, own) ?? planByContent(table, cassette, before);
  if (removed.length > 0) {
    source?.keep(removed);
  }
  for (const id of removed) {
    table.remove(id);
  }
  const now = removed.length > 0 ? table.renew() : version;
  return {
    added: added.map(({ interaction, text }) => table.insert(interaction, fileOfOne(text))),
    committed: () => source?.follow(version, now),
  };
}

/** Undefined where the versions have nothing to do with each other, or not with these rows. */
function planOf(
  table: Table,
  cassette: Cassette,
  before: Cassette,
  source: RowSource | undefined,
  own: Own,
): Plan | undefined {
  const change = cassette.changeSince(before);
  if (change === undefined || (change.removed.length > 0 && source === undefined)) {
    return undefined;
  }
  // What is in a file that took the place of another one, somebody wants there.
  const removed = source?.isOfThisFile === false ? [] : change.removed;
  const added = change.added.map(blockOf);
  return removed.some((place) => place >= BEHIND_SOURCE)
    ? undefined
    : { removed, added: own.knows(before) ? added : withoutTheirs(table, added, source?.loaded ?? 0, own) };
}

/** What of the added blocks others have not added since. @param known The last row that was there before. */
function withoutTheirs(table: Table, added: readonly Block[], known: number, own: Own): readonly Block[] {
  const taken = new Set<number>();
  return added.filter(({ interaction, text }) => {
    const rows = table.rows('AND fingerprint = ? AND id > ?', BEHIND_SOURCE, interaction.fingerprint, known);
    const equal = rows.find(
      ({ id, text: theirs }) =>
        !own.ids.has(Number(id)) && !taken.has(Number(id)) && theirs === fileOfOne(text),
    );
    if (equal !== undefined) {
      taken.add(Number(equal['id']));
    }
    return equal === undefined;
  });
}

function planByContent(table: Table, cassette: Cassette, before: Cassette): Plan {
  const ids = new Map<Block, number>();
  for (const row of table.rows('', BEHIND_SOURCE)) {
    const stored = new StoredRow(table.home, row);
    const interaction = stored.interaction();
    ids.set({ interaction, text: blockInFile(String(row['text']), interaction) }, stored.id);
  }
  const { kept, added } = applied(changeTo(cassette, before), [...ids.keys()]);
  for (const block of kept) {
    ids.delete(block);
  }
  return { removed: [...ids.values()], added };
}
