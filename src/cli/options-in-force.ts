import { type InterpositionOptions, resolveOptions } from '../options.js';

/**
 * The options that commands about recordings go by: those of the environment, else of the config file.
 *
 * @throws InvalidOptionError for an option, or a config file, that cannot be used.
 */
export function optionsInForce(): InterpositionOptions {
  return resolveOptions<InterpositionOptions>({});
}
