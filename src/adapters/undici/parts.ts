/**
 * What a dispatcher is to another: the agent inside a mock, which is not to be asked before the mock has answered; and a
 * proxy's own client, which makes the tunnels.
 */
export type Part = 'mocked' | 'tunnel';

const parts = new WeakMap<object, Part>();

export function partOf(dispatcher: object): Part | undefined {
  return parts.get(dispatcher);
}

/** The members in which undici's own classes keep such a dispatcher; the name of one of its symbols in each case. */
const MEMBERS: readonly (readonly [symbol: string, part: Part])[] = [
  ['agent', 'mocked'],
  ['proxy client', 'tunnel'],
];

/** Notes the parts of a dispatcher. What is noted stays: a dispatcher keeps its parts. */
export function noteParts(dispatcher: object): void {
  const symbols = Object.getOwnPropertySymbols(dispatcher);
  for (const [name, part] of MEMBERS) {
    const symbol = symbols.find(({ description }) => description === name);
    const value: unknown = symbol && Reflect.get(dispatcher, symbol);
    if (typeof value === 'object' && value !== null) {
      parts.set(value, part);
    }
  }
}

/** A test's own mock answers for itself: a `MockAgent`, a `SnapshotAgent`. */
export function isMockAgent(dispatcher: object): boolean {
  return typeof (dispatcher as { disableNetConnect?: unknown }).disableNetConnect === 'function';
}

/** Is it closed, or about to be? It then refuses its requests in its own words. */
export function isShut(dispatcher: object): boolean {
  const { closed, destroyed } = dispatcher as { readonly closed?: unknown; readonly destroyed?: unknown };
  return closed === true || destroyed === true;
}
