/**
 * How many kills a test does: of all of them together, `share` of 1. A few hundred in an ordinary run; as many as
 * `INTERPOSITION_KILLS` says for a thorough one.
 */
export function killsFor(share: number): number {
  const all = Number(process.env['INTERPOSITION_KILLS'] || 300);
  return Math.max(1, Math.round(all * share));
}
