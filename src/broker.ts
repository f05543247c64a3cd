import { CoreBroker } from './core/broker.js';
import { type BrokerOptions as CoreBrokerOptions, checkedBrokerOptions } from './core/broker-options.js';
import type { Cassette } from './core/cassette.js';
import type { CassetteStore } from './core/cassette-store.js';
import { InvalidOptionError } from './core/errors.js';
import { fingerprint } from './core/fingerprint.js';
import { loadCassette } from './core/load.js';
import { noSuchOption } from './core/no-such-option.js';
import { HttpPolicy, type HttpPolicyOptions } from './http/policy.js';

/** Options of a Broker. `project` and `match` are two ways to say what counts; give one. */
export interface BrokerOptions extends Omit<CoreBrokerOptions, 'policy'>, HttpPolicyOptions {}

/**
 * A Broker that keeps secrets out of its cassette: whatever goes over HTTP is redacted before it is looked up and
 * stored. Where neither `project` nor `match` says what counts, the fingerprint does.
 *
 * @throws InvalidOptionError from the constructor, for an option that cannot be used.
 * @throws LiveResponderRequiredError from the constructor: `record` or `auto` without a live responder.
 */
export class Broker extends CoreBroker {
  constructor(cassette: Cassette, options: BrokerOptions = {}) {
    super(cassette, withPolicy(options));
  }

  /**
   * A Broker on the cassette that `store` holds.
   *
   * @throws LiveResponderRequiredError and InvalidOptionError before anything is loaded.
   * @throws CassetteLoadError where the store cannot load: it keeps its own decision about missing storage.
   */
  static async fromStore(
    store: CassetteStore,
    options: Omit<BrokerOptions, 'cassetteStore'> = {},
  ): Promise<Broker> {
    const { storeWait } = checkedBrokerOptions(withPolicy(options));
    return new Broker(await loadCassette(store, storeWait), { ...options, cassetteStore: store });
  }
}

const OPTIONS: Readonly<Record<keyof BrokerOptions, 'function' | 'other'>> = {
  mode: 'other',
  modeSource: 'other',
  liveResponder: 'function',
  cassetteStore: 'other',
  project: 'function',
  match: 'other',
  vary: 'other',
  redact: 'other',
  shouldRecord: 'function',
  recordFailures: 'other',
  maxAge: 'other',
  stale: 'other',
  latency: 'other',
  playback: 'other',
  readAhead: 'other',
  maxBodySize: 'other',
  storeWait: 'other',
  session: 'other',
  observer: 'other',
};

function withPolicy(options: BrokerOptions): CoreBrokerOptions {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw new InvalidOptionError(name, noSuchOption(name, Object.keys(OPTIONS)));
    }
    if (
      OPTIONS[name as keyof BrokerOptions] === 'function' &&
      !['undefined', 'function'].includes(typeof value)
    ) {
      throw new InvalidOptionError(name, 'it is not a function.');
    }
  }
  const { project, match, vary, redact, shouldRecord, ...rest } = options;
  const counts = match !== undefined || vary !== undefined;
  if (project !== undefined && counts) {
    throw new InvalidOptionError('project', 'it and "match" or "vary" both say what counts; give one.');
  }
  const key = project ?? (counts ? undefined : fingerprint);
  return { ...rest, policy: new HttpPolicy({ match, vary, redact, shouldRecord }, key) };
}
