import { type InterpositionOptions, resolveOptions } from '../options.js';

/**
 * The options that commands about recordings go by: those of the environment.
 *
 * @throws InvalidOptionError for an option that cannot be used.
 */
export function optionsInForce(): InterpositionOptions {
  return resolveOptions<InterpositionOptions>({});
}
