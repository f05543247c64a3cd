import { Command } from 'commander';
import type { Interaction } from '../../core/interaction.js';
import type { Difference } from '../../core/miss.js';
import { HttpPolicy } from '../../http/policy.js';
import { cassetteAt, readCassette } from '../cassettes.js';
import { changeText } from '../change-text.js';
import { responseDifferences } from '../exchange-differences.js';
import { EXIT } from '../exit-codes.js';
import { optionsInForce } from '../options-in-force.js';
import type { Verb } from '../program.js';
import type { Terminal } from '../terminal.js';

/** A request whose answer is another one in the second cassette, or that only one of them has. */
interface Changed {
  readonly action: string;
  readonly target: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Of the responses; empty where only one cassette has the request. */
  readonly differences: readonly Difference[];
}

/** `interposition diff`: what differs between two cassettes, request by request. */
export const diff: Verb = (terminal, finish) =>
  new Command('diff')
    .description(
      'Compare two cassettes by request: which were added, which were removed, and where the answers differ; JSON by ' +
        'its structure. Headers that differ each time do not count. Exits with 1 where anything differs.',
    )
    .argument('<old>', "a cassette's file or address")
    .argument('<new>', 'another one')
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, { json }: { json?: boolean }) => {
      const [one, other] = await Promise.all(
        [before, after].map((given) => readCassette(cassetteAt(given, terminal))),
      );
      const changed = [...compared(one?.interactions ?? [], other?.interactions ?? [])];
      terminal.out(
        json ? `${JSON.stringify(changed, null, 2)}\n` : changed.map((c) => lines(c, terminal)).join(''),
      );
      finish(changed.length === 0 ? EXIT.done : EXIT.found);
    });

/** In the order of the first one, then what only the second one has. Repeats of a request are compared in order. */
function* compared(before: readonly Interaction[], after: readonly Interaction[]): Generator<Changed> {
  const { match = {}, vary, redact } = optionsInForce();
  const policy = new HttpPolicy({ match, vary, redact });
  const later = new Map<string, Interaction[]>();
  for (const interaction of after) {
    const key = policy.key(interaction.request);
    later.set(key, [...(later.get(key) ?? []), interaction]);
  }
  for (const interaction of before) {
    const { action, target } = interaction.request;
    const counterpart = later.get(policy.key(interaction.request))?.shift();
    if (counterpart === undefined) {
      yield { action, target, kind: 'removed', differences: [] };
      continue;
    }
    const differences = responseDifferences(interaction, counterpart);
    if (differences.length > 0) {
      yield { action, target, kind: 'changed', differences };
    }
  }
  for (const { request } of [...later.values()].flat()) {
    yield { action: request.action, target: request.target, kind: 'added', differences: [] };
  }
}

const MARKS = { added: ['green', '+'], removed: ['red', '-'], changed: ['yellow', '~'] } as const;

function lines({ action, target, kind, differences }: Changed, { style }: Terminal): string {
  const [colour, mark] = MARKS[kind];
  return changeText(`${mark} ${action} ${target}`, differences, (text) => style(colour, text));
}
