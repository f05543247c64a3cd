import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Command } from 'commander';
import { printableLine } from '../../core/printable.js';
import { recordingId } from '../../report-file.js';
import { loadIfThere, reportedCassette, storeOf } from '../cassettes.js';
import { EXIT } from '../exit-codes.js';
import { grouped } from '../grouped.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { redactedInteractions } from '../redacted.js';
import { leftTheMachine, readRun, type Summary } from '../reports.js';
import type { Terminal } from '../terminal.js';

/** What `check --json` gives. */
interface Checked {
  /** Requests to other machines. */
  readonly left: readonly string[];
  readonly misses: readonly string[];
  /** Such as `__cassettes__/a.json: interaction 3, request.headers x-api-key`. */
  readonly secrets: readonly string[];
  /** Cassettes that were replayed and are not here: what they hold is not known. */
  readonly missing: readonly string[];
  /** Such as `__cassettes__/a.json: GET https://api.example.com/users/7`. */
  readonly unused: readonly string[];
  /** Cassettes beside those that were used which no process has opened. */
  readonly obsolete: readonly string[];
  readonly processes: number;
  readonly killed: number;
}

/** `interposition check`: what a reviewer wants to know of a run of all tests. */
export const check: Verb = (terminal, finish) =>
  new Command('check')
    .description(
      'Check the reports of a run, or of all its shards together: requests that left the machine, MISSes, and secrets ' +
        'in the cassettes; exits with 1 where there are any, or where a cassette is not here any more. Recordings that nobody has used, and cassettes that nobody ' +
        'has opened, are listed.',
    )
    .argument('<reports...>', 'the files that INTERPOSITION_REPORT named')
    .option('--json', 'print JSON')
    .action(async (files: readonly string[], { json }: { json?: boolean }) => {
      const checked = await checkedRun(readRun(files, terminal.cwd), terminal);
      terminal.out(json ? `${JSON.stringify(checked, null, 2)}\n` : text(checked, terminal));
      const isClean = [checked.left, checked.misses, checked.secrets, checked.missing].every(
        ({ length }) => length === 0,
      );
      finish(isClean ? EXIT.done : EXIT.found);
    });

async function checkedRun(summary: Summary, terminal: Terminal): Promise<Checked> {
  const { misses, cassettes, processes, killed } = summary;
  const secrets: string[] = [];
  const missing: string[] = [];
  const unused: string[] = [];
  for (const { location, used, replayed } of cassettes) {
    const address = reportedCassette(location, terminal);
    const store = await storeOf(address);
    const cassette = await loadIfThere(store, address);
    if (cassette === undefined) {
      missing.push(...(replayed ? [location] : []));
      continue;
    }
    const { interactions } = cassette;
    await store.flush?.();
    const redacted = await terminal.progress('checking', interactions.length, (told) =>
      redactedInteractions(interactions, told),
    );
    for (const [index, { places }] of redacted.entries()) {
      secrets.push(...places.map((place) => `${location}: interaction ${index + 1}, ${place}`));
    }
    const idle = interactions.filter((interaction) => replayed && !used.has(recordingId(interaction)));
    unused.push(...idle.map(({ request }) => `${location}: ${request.action} ${request.target}`));
  }
  const obsolete = obsoleteBeside(cassettes.map(({ location }) => location));
  return { left: leftTheMachine(summary), misses, secrets, missing, unused, obsolete, processes, killed };
}

/** Files in the `__cassettes__` folders of these that are none of them. */
function obsoleteBeside(used: readonly string[]): string[] {
  const name = `${sep}__cassettes__${sep}`;
  const folders = new Set(
    used
      .filter((location) => location.includes(name))
      .map((location) => location.slice(0, location.lastIndexOf(name) + name.length)),
  );
  const known = new Set(used);
  return [...folders]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
        .map((entry) => join(entry.parentPath, entry.name)),
    )
    .filter((file) => !known.has(file))
    .sort();
}

function text({ processes, killed, ...lists }: Checked, { style }: Terminal): string {
  const rows = [
    ['requests that left the machine', lists.left, 'red'],
    ['MISSes', lists.misses, 'red'],
    ['secrets in cassettes', lists.secrets, 'red'],
    ['cassettes that were replayed and are not here', lists.missing, 'red'],
    ['recordings that nobody has used', lists.unused, 'yellow'],
    ['cassettes that nobody has opened', lists.obsolete, 'yellow'],
  ] as const;
  const lines = rows.flatMap(([name, list, colour]) => [
    `${style(list.length === 0 ? 'green' : colour, String(list.length).padStart(5))} ${name}`,
    ...counted(list).map((line) => printableLine(`      ${line}`)),
  ]);
  const note =
    killed === 0 ? '' : `, ${killed} did not end by themselves: of those, the last HITs may be missing`;
  return `${lines.join('\n')}\n${plural(processes, 'process', 'processes')}${note}\n`;
}

/** Each once, with how often it is there. */
function counted(list: readonly string[]): string[] {
  return [...grouped(list, (one) => one)].map(([one, all]) =>
    all.length === 1 ? one : `${one} (${all.length} times)`,
  );
}
