import { type Cassette, type CassetteStore, MemoryCassetteStore } from '../../src/index.js';

/** A store in memory that fails where it is told to, and counts what it is asked. */
export class FickleStore implements CassetteStore {
  readonly location = 'fickle';
  /** How many of the next saves fail. */
  failures = 0;
  /** How many saves were tried. */
  tried = 0;
  readonly inner = new MemoryCassetteStore({ createIfMissing: true });

  load(): Promise<Cassette> {
    return this.inner.load();
  }

  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    this.saveSync(cassette, since);
  }

  saveSync(cassette: Cassette, since?: Cassette): void {
    this.tried++;
    if (this.failures > 0) {
      this.failures--;
      throw new Error('not now');
    }
    this.inner.saveSync(cassette, since);
  }
}
