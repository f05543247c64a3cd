import { Cassette } from '../core/cassette.js';
import { type CassetteStore, locationOf } from '../core/cassette-store.js';
import { CassetteSaveError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import { scanText } from '../formats/scan-text.js';
import type { Scanner } from './secretlint.js';

/** Options of a ScanningCassetteStore. */
export interface ScanningCassetteStoreOptions {
  /** `warn`: what looks like a secret is told and saved. `error`: it is not saved, and the save fails. */
  readonly onFinding: 'warn' | 'error';
  /** Tells the user one line. */
  readonly warn: (message: string) => void;
}

/** What is wrong with an interaction, without the value, and how to put it right. */
interface Finding {
  readonly problem: string;
  readonly hint: string;
}

/** So many findings are named in one error. */
const MAX_NAMED = 10;

/**
 * Scans what a save adds to another store for secrets. What that store holds already is not scanned: an old recording
 * must not stand in the way of the one that replaces it.
 */
export class ScanningCassetteStore implements CassetteStore {
  readonly location: string;
  /** As `save`, but nothing can be scanned: with `error` what was not scanned before is left out, and this throws. */
  readonly saveSync?: (cassette: Cassette, since?: Cassette) => void;
  readonly flush?: () => Promise<void>;
  readonly #store: CassetteStore;
  readonly #scanner: Scanner;
  readonly #options: ScanningCassetteStoreOptions;
  /** What was scanned, and may be saved. */
  readonly #passed = new WeakSet<Interaction>();
  readonly #refused = new WeakSet<Interaction>();
  #hasRefused = false;
  /** All of it was scanned, or stood in the store before. */
  #known = new Cassette();
  #turn: Promise<void> = Promise.resolve();

  constructor(store: CassetteStore, scanner: Scanner, options: ScanningCassetteStoreOptions) {
    this.location = locationOf(store);
    this.#store = store;
    this.#scanner = scanner;
    this.#options = options;
    if (store.saveSync !== undefined) {
      this.saveSync = (cassette, since) => this.#saveSync(cassette, since);
    }
    if (store.flush !== undefined) {
      this.flush = () => this.#store.flush?.() ?? Promise.resolve();
    }
  }

  /** @throws CassetteLoadError as the other store does. */
  async load(): Promise<Cassette> {
    const cassette = await this.#store.load();
    this.#pass(cassette);
    return cassette;
  }

  /**
   * With `error`, an interaction in which something was found is left out, of this save and of later ones. The others
   * are saved; then this rejects, once for each such interaction.
   *
   * @throws CassetteSaveError as the other store does; with `error` also for a finding, and where the scanner fails.
   */
  save(cassette: Cassette, since?: Cassette): Promise<void> {
    const save = this.#turn.then(() => this.#scanAndSave(cassette, since));
    this.#turn = save.catch(() => {});
    return save;
  }

  async #scanAndSave(cassette: Cassette, since: Cassette | undefined): Promise<void> {
    this.#pass(since);
    const { onFinding, warn } = this.#options;
    const found: Finding[] = [];
    for (const interaction of this.#unscanned(cassette)) {
      const inThis = await this.#scan(interaction);
      found.push(...inThis);
      const isRefused = onFinding === 'error' && inThis.length > 0;
      (isRefused ? this.#refused : this.#passed).add(interaction);
      this.#hasRefused ||= isRefused;
    }
    if (onFinding === 'warn') {
      for (const { problem, hint } of found) {
        warn(`the cassette ${this.location}: ${problem}. ${hint}`);
      }
    }
    const allowed = this.#allowed(cassette, since);
    if (allowed !== undefined) {
      await this.#store.save(...allowed);
    }
    if (onFinding === 'error' && found.length > 0) {
      throw this.#failure(found);
    }
  }

  #saveSync(cassette: Cassette, since: Cassette | undefined): void {
    this.#pass(since);
    const count = this.#unscanned(cassette).length;
    const problem = `the process exits, and ${count} interaction${count === 1 ? ' was' : 's were'} not scanned for secrets`;
    if (this.#options.onFinding === 'warn') {
      if (count > 0) {
        this.#options.warn(`the cassette ${this.location}: ${problem}.`);
      }
      this.#store.saveSync?.(cassette, since);
      return;
    }
    const allowed = this.#allowed(cassette, since);
    if (allowed !== undefined) {
      this.#store.saveSync?.(...allowed);
    }
    if (count > 0) {
      const hint = 'They were not saved. Read responses to their end, or let the program uninstall.';
      throw new CassetteSaveError(this.location, { problem, hint });
    }
  }

  #pass(cassette: Cassette | undefined): void {
    this.#known = cassette ?? this.#known;
  }

  #unscanned(cassette: Cassette): readonly Interaction[] {
    const added = cassette.changeSince(this.#known)?.added ?? this.#without(this.#known, cassette);
    return added.filter((interaction) => !this.#passed.has(interaction) && !this.#refused.has(interaction));
  }

  #without(known: Cassette, { interactions }: Cassette): readonly Interaction[] {
    const all = new Set(known.interactions);
    return interactions.filter((interaction) => !all.has(interaction));
  }

  /** What the other store is to save; undefined where nothing is left of it that is not there already. */
  #allowed(
    cassette: Cassette,
    since: Cassette | undefined,
  ): readonly [Cassette, Cassette | undefined] | undefined {
    const unscanned = new Set(this.#unscanned(cassette));
    if (!this.#hasRefused && unscanned.size === 0) {
      return [cassette, since];
    }
    const mayPass = (interaction: Interaction) =>
      !this.#refused.has(interaction) && !unscanned.has(interaction);
    const rest = cassette.interactions.filter(mayPass);
    const before = since?.interactions.filter(mayPass) ?? [];
    if (rest.length === cassette.size && before.length === (since?.size ?? 0)) {
      return [cassette, since];
    }
    const isThere = rest.length === before.length && rest.every((item, index) => item === before[index]);
    return isThere ? undefined : [new Cassette(rest), since && new Cassette(before)];
  }

  async #scan(interaction: Interaction): Promise<readonly Finding[]> {
    const { action, target } = interaction.request;
    try {
      const { text, placeAt } = scanText(interaction);
      const places = (await this.#scanner(text)).map(({ rule, offset }) => ({
        rule,
        place: placeAt(offset),
      }));
      const isInTarget = places.some(({ place }) => place.name === 'request.target');
      const found = new Map<string, Finding>();
      for (const { rule, place } of places) {
        const full = finding(
          `${action} ${isInTarget ? originOf(target) : target}`,
          place.name,
          rule,
          place.redact,
        );
        // A secret can stand in the names of members and headers too.
        const isSafe = (await this.#scanner(`${full.problem} ${full.hint}`)).length === 0;
        const told = isSafe ? full : finding(`${action} ${originOf(target)}`, place.part, rule, ANY_VALUE);
        found.set(told.problem, told);
      }
      return [...found.values()];
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      return [{ problem: `the scanner failed on ${action} ${originOf(target)} (${name})`, hint: '' }];
    }
  }

  #failure(found: readonly Finding[]): CassetteSaveError {
    const named = found.slice(0, MAX_NAMED).map(({ problem }) => problem);
    const more = found.length > MAX_NAMED ? [`and ${found.length - MAX_NAMED} more`] : [];
    const hints = new Set(found.slice(0, MAX_NAMED).map(({ hint }) => hint));
    return new CassetteSaveError(this.location, {
      problem: [...named, ...more].join('; '),
      hint: ['This was not saved.', ...hints].join(' ').trim(),
    });
  }
}

const ANY_VALUE = 'values: […]';

function finding(request: string, place: string, rule: string, redact: string): Finding {
  return {
    problem: `what looks like a secret stands in ${request}, at ${place} (${rule})`,
    hint: `It can be redacted: redact: { ${redact} }.`,
  };
}

/** Scheme and host of a URL: what a message may say of one that holds a secret. */
function originOf(target: string): string {
  return URL.canParse(target) ? new URL(target).origin : 'a target that is no URL';
}
