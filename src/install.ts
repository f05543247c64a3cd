import type { Dispatcher } from 'undici';
import { brokeringInterceptor } from './adapters/undici/interpose.js';
import { Broker } from './broker.js';
import { DEFAULT_CASSETTE } from './cassette-name.js';
import type { BrokerStats } from './core/broker.js';
import type { Cassette } from './core/cassette.js';
import type { CassetteStore } from './core/cassette-store.js';
import { type BrokerMode, InvalidOptionError } from './core/errors.js';
import type { Interaction } from './core/interaction.js';
import type { Route } from './core/route.js';
import { adopt, closeCassette, type Opened, openBroker, routeAside, routeTo, settle } from './opening.js';
import { type InterpositionOptions, requestedMode, resolveOptions } from './options.js';
import { interceptGlobals, routeEverything } from './routing.js';
import { MemoryCassetteStore } from './stores/memory.js';

/** The absolute path of the same, from the command: what it runs may be in another folder. */
const DEFAULT_VARIABLE = 'INTERPOSITION_DEFAULT_CASSETTE';
export const DEFAULT_MODE_SOURCE = 'the default';

/** What an installation did, and under which settings. */
export interface InterpositionReport extends BrokerStats {
  /** The mode that is in force. */
  readonly mode: BrokerMode;
  /** Where the mode was set: `INTERPOSITION_MODE`, the call, the config file, or the default. */
  readonly modeSource: string;
  /** Where the cassette lives. */
  readonly cassette: string;
  /** How many interactions it holds. */
  readonly interactions: number;
  /** Recordings that no request has used so far. Empty in `record`, where none is looked up. */
  readonly unused: readonly Interaction[];
}

/** An installation: every request of the process that is outside a scope goes through its Broker until `uninstall`. */
export class Interposition {
  /** What answers its requests. */
  readonly broker: Broker;
  readonly #modeSource: string;
  readonly #opened: Opened;
  readonly #route: Route;
  readonly #undo: readonly (() => void)[];
  #uninstalled: Promise<void> | undefined;

  /** Made by `installInterposition`. */
  constructor(entry: Opened, modeSource: string, outside?: 'pass' | 'error') {
    this.broker = entry.broker;
    this.#modeSource = modeSource;
    this.#opened = entry;
    this.#route = routeTo(entry);
    const everything = outside === undefined ? this.#route : routeAside(this.#route, outside);
    this.#undo = [routeEverything(everything), interceptGlobals()];
    routes.set(this, this.#route);
  }

  /** The mode, which never changes. */
  get mode(): BrokerMode {
    return this.broker.mode;
  }

  /** The cassette as it is now. */
  get cassette(): Cassette {
    return this.broker.cassette;
  }

  /** What happened so far. */
  report(): InterpositionReport {
    return {
      ...this.broker.stats,
      mode: this.mode,
      modeSource: this.#modeSource,
      cassette: this.broker.location ?? 'in memory',
      interactions: this.cassette.size,
      unused: this.mode === 'record' ? [] : this.broker.unused,
    };
  }

  /**
   * Ends the installation: the global dispatcher is again what it would be without it, or an installation's that came
   * before. Resolves when every recording is saved. Calling it again gives the same promise.
   *
   * @throws CassetteSaveError where a recording could not be saved and no request told so.
   * @throws UnusedInteractionsError with `unused: 'error'`, where a recording was not used.
   */
  uninstall(): Promise<void> {
    this.#uninstalled ??= this.#end();
    return this.#uninstalled;
  }

  /** `uninstall()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.uninstall();
  }

  async #end(): Promise<void> {
    for (const undo of this.#undo) {
      undo();
    }
    try {
      await settle(this.#route);
    } finally {
      await closeCassette(this.#opened);
    }
  }
}

const routes = new WeakMap<Interposition, Route>();

/**
 * Brings every request of this process to a Broker: every `fetch`, whatever the program's own dispatchers are asked,
 * and what goes through `node:http` and `node:https`. Of several installations the last one answers, until it is
 * uninstalled.
 *
 * @param mode `INTERPOSITION_MODE` wins; where neither is given it is the config file's, else `replay`.
 * @param options.cassette The file; `INTERPOSITION_CASSETTE` wins; where neither is given it is the config file's, else
 * `__cassettes__/default.json`. Other options, too, are the config file's where they are left out.
 * @throws InvalidOptionError for an unknown mode or option, and a config file that cannot be used.
 * @throws CassetteLoadError where the cassette cannot be loaded: in `replay` also where it is missing.
 */
export async function installInterposition(
  mode?: BrokerMode,
  options: InterpositionOptions = {},
): Promise<Interposition> {
  const chosen = requestedMode(mode, 'the call of installInterposition') ?? {
    mode: 'replay',
    source: DEFAULT_MODE_SOURCE,
  };
  const resolved = resolveOptions(options);
  const fromEnvironment = process.env.INTERPOSITION_CASSETTE || undefined;
  const where = fromEnvironment ?? resolved.cassette ?? resolved.store ?? cassetteFor(resolved.outside);
  return new Interposition(await openBroker(chosen, where, resolved), chosen.source, resolved.outside);
}

/** An installation that answers nothing needs no file. */
function cassetteFor(outside: InterpositionOptions['outside']): string | CassetteStore {
  return outside === undefined
    ? process.env[DEFAULT_VARIABLE] || DEFAULT_CASSETTE
    : new MemoryCassetteStore({ createIfMissing: true });
}

/**
 * An undici interceptor that brokers what a program's own dispatcher is asked:
 * `new Agent().compose(interpose(broker))`. Live requests go on to that dispatcher; a Broker's own live responder is
 * for its `replay`.
 *
 * @param target A Broker, or an installation, whose Broker it then shares.
 */
export function interpose(target: Broker | Interposition): Dispatcher.DispatcherComposeInterceptor {
  const route = target instanceof Broker ? routeTo(adopt(target)) : routes.get(target);
  if (route === undefined) {
    throw new InvalidOptionError('interpose', 'it takes a Broker or what installInterposition gave.');
  }
  // undici's own types differ between its major versions; what the interceptor does with them does not.
  return brokeringInterceptor(() => route) as unknown as Dispatcher.DispatcherComposeInterceptor;
}
