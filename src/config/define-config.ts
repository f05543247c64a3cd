import type { BrokerMode } from '../core/errors.js';
import type { InterpositionOptions } from '../options.js';

/** What a config file holds: the options of every installation and scope that do not say otherwise themselves. */
export interface InterpositionConfig extends InterpositionOptions {
  /** The mode of installations and scopes; where left out, each has its own default. */
  readonly mode?: BrokerMode;
}

/**
 * Gives a config file's content its type: `export default defineConfig({ … })` in `interposition.config.ts`, `.js` or
 * `.mjs`. A relative `cassette` is relative to that file.
 *
 * @returns What it was given. It is checked where an installation or a scope begins.
 */
export function defineConfig(config: InterpositionConfig): InterpositionConfig {
  return config;
}
