import { Cassette } from './cassette.js';
import { type CassetteStore, locationOf } from './cassette-store.js';
import { withDeadline } from './deadline.js';
import { CassetteLoadError, InterpositionError } from './errors.js';

/**
 * The cassette that a store holds.
 *
 * @param waitMs How long the store may take.
 * @throws CassetteLoadError where the store cannot load, does not answer in time, or gives something else.
 */
export async function loadCassette(store: CassetteStore, waitMs: number): Promise<Cassette> {
  const location = locationOf(store);
  const cassette = await withDeadline(
    () => store.load(),
    waitMs,
    () => new CassetteLoadError(location, { problem: `the store did not answer within ${waitMs} ms` }),
  ).catch((cause: unknown) => {
    throw cause instanceof InterpositionError ? cause : new CassetteLoadError(location, { cause });
  });
  if (!(cassette instanceof Cassette)) {
    throw new CassetteLoadError(location, { problem: 'the store gave something that is no Cassette' });
  }
  return cassette;
}
