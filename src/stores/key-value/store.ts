import { Cassette } from '../../core/cassette.js';
import type { CassetteStore } from '../../core/cassette-store.js';
import { CassetteLoadError, CassetteSaveError, InvalidOptionError } from '../../core/errors.js';
import { missingError } from '../missing.js';
import { eachAtOnce } from './at-once.js';
import { Connection } from './connection.js';
import { foreign, listedInPart, loadError, OWN_PREFIX, saveError } from './errors.js';
import { MARKER } from './keys.js';
import { listOnce } from './listing.js';
import { findKeys, type Item, type Keys, keysOf, type Plan, planToChange, planToReplace } from './plan.js';
import { readSettled } from './reading.js';
import { withoutCredentials } from './reason.js';
import type { KeyValueStorage, OpenStorage } from './storage.js';
import { checkHead, MARKER_VALUE } from './values.js';

export type { KeyValueItem, KeyValueStorage, OpenStorage } from './storage.js';

/** Options of a KeyValueCassetteStore. */
export interface KeyValueCassetteStoreOptions {
  /** Load an empty cassette where nothing is stored, instead of failing; false where left out. */
  readonly createIfMissing?: boolean;
  /** How messages name it, such as `redis://cache.example/suite`: credentials in it are left out. */
  readonly location?: string;
  /** How long one answer of the storage may take, in ms; 10,000 where left out. */
  readonly waitMs?: number;
}

const WAIT_MS = 10_000;
/** How many keys are written or deleted at a time. */
const AT_ONCE = 32;

/**
 * A cassette in a key-value storage, such as one of unstorage: Redis, S3, MongoDB, SQL and others. Each interaction has
 * a key of its own, so that any number of processes and machines record into one cassette. Nobody waits for a lock, and
 * nobody overwrites what somebody else stored.
 *
 * Whoever loads while others save sees each interaction that they replace as it was, as it is, or both. A save in which
 * something was removed writes first, and deletes then.
 *
 * It has no `saveSync`: responses that are still on their way when the process exits are not stored as truncated ones.
 *
 * @throws InvalidOptionError from the constructor for a `waitMs` that is no number above 0.
 */
export class KeyValueCassetteStore implements CassetteStore {
  readonly location: string;
  readonly #createIfMissing: boolean;
  readonly #connection: Connection;
  /** Of what was loaded or saved here. */
  readonly #keys = new WeakMap<Cassette, Keys>();
  #hasMarker = false;
  /** Did the storage give back what was written into it? */
  #isProven = false;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param storage A storage with nothing in it but this cassette, such as one with a prefix; whoever made it disposes of
   * it. Or a function that makes one, which is then disposed of here.
   */
  constructor(storage: KeyValueStorage | OpenStorage, options: KeyValueCassetteStoreOptions = {}) {
    const { createIfMissing = false, location = 'in a key-value storage', waitMs = WAIT_MS } = options;
    if (!(waitMs > 0)) {
      throw new InvalidOptionError('waitMs', `${String(waitMs)} is not a number of milliseconds above 0.`);
    }
    this.location = withoutCredentials(location);
    this.#createIfMissing = createIfMissing;
    this.#connection = new Connection(storage, waitMs);
  }

  /**
   * @throws CassetteLoadError where nothing is stored (unless made with `createIfMissing`), or something that is not a
   * cassette, or of a newer version, or not well formed; where the storage fails, does not answer in time, or lists only
   * a part of its keys.
   */
  async load(): Promise<Cassette> {
    try {
      const { listing, keys, interactions } = await readSettled(this.#connection, this.location);
      const isMarked = await this.#checkMarker();
      if (isMarked && !listing.hasMarker && !(await listOnce(this.#connection)).hasMarker) {
        throw listedInPart(this.location);
      }
      if (!isMarked && keys.length === 0) {
        this.#mayBeEmpty(listing.other);
      }
      const cassette = new Cassette(interactions);
      this.#keys.set(cassette, keysOf(keys));
      return cassette;
    } catch (cause) {
      throw loadError(this.location, cause);
    }
  }

  /** @throws CassetteSaveError where the storage fails, does not answer in time, or keeps nothing. */
  save(cassette: Cassette, since?: Cassette): Promise<void> {
    const save = this.#turn.then(async () => {
      try {
        await this.#mark();
        await this.#carryOut(cassette, await this.#plan(cassette, since));
      } catch (cause) {
        throw saveError(this.location, cause);
      }
    });
    this.#turn = save.catch(() => {});
    return save;
  }

  /** Ends the storage where it was made by this store. It is made again when it is needed. */
  async flush(): Promise<void> {
    await this.#turn;
    await this.#connection.close();
  }

  async #plan(cassette: Cassette, since: Cassette | undefined): Promise<Plan> {
    if (since === undefined) {
      return planToReplace(cassette, await this.#list());
    }
    const known =
      this.#keys.get(since) ?? (since.size === 0 ? keysOf([]) : findKeys(since, await this.#list()));
    return planToChange(cassette, since, known);
  }

  async #carryOut(cassette: Cassette, { added, removed, keys }: Plan): Promise<void> {
    await eachAtOnce(added, AT_ONCE, (item) => this.#put(item));
    await eachAtOnce(removed, AT_ONCE, (key) => this.#connection.use((storage) => storage.removeItem(key)));
    this.#keys.set(cassette, keys);
  }

  async #put({ key, value }: Item): Promise<void> {
    await this.#connection.use((storage) => storage.setItem(key, value));
    if (!this.#isProven) {
      // Drivers that can only read do not say so.
      if ((await this.#get(key)) !== value) {
        throw new Error(
          'the storage does not give back what was written: its driver may only read, or change values',
        );
      }
      this.#isProven = true;
    }
  }

  /** Makes sure that the storage says that there is a cassette. */
  async #mark(): Promise<void> {
    if (this.#hasMarker || (await this.#checkMarker())) {
      return;
    }
    const { keys, other } = await listOnce(this.#connection);
    if (keys.size === 0 && other !== undefined) {
      throw foreign(CassetteSaveError, this.location, other);
    }
    await this.#put({ key: MARKER, value: MARKER_VALUE });
    this.#hasMarker = true;
  }

  async #checkMarker(): Promise<boolean> {
    const value = (await this.#get(MARKER)) ?? undefined;
    if (value !== undefined) {
      checkHead(value, `${this.location}, key ${MARKER}`, OWN_PREFIX);
    }
    this.#hasMarker = value !== undefined;
    return this.#hasMarker;
  }

  #mayBeEmpty(other: string | undefined): void {
    if (other !== undefined) {
      throw foreign(CassetteLoadError, this.location, other);
    }
    if (!this.#createIfMissing) {
      throw missingError(this.location, 'nothing is stored there');
    }
  }

  async #list(): Promise<readonly string[]> {
    return [...(await listOnce(this.#connection)).keys].sort();
  }

  #get(key: string): Promise<unknown> {
    return this.#connection.use((storage) => storage.getItem(key));
  }
}
