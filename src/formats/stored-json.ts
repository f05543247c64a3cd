import type { Interaction } from '../core/interaction.js';
import type { MetadataPair } from '../core/metadata.js';
import type { RequestHead } from '../core/recording.js';
import type { StoredInteraction } from '../core/stored-interaction.js';
import type { InteractionJson } from './interaction-json.js';

/** What gives the interaction of a place in a file, from what stands there. */
export type Decode = (json: InteractionJson, index: number) => Interaction;

/** An interaction that stands in a cassette file, as JSON.parse gave it. */
export class StoredJson implements StoredInteraction {
  readonly #json: InteractionJson;
  readonly #index: number;
  readonly #decode: Decode;
  #interaction: Interaction | undefined;

  /** @param json Well formed, but for what `decode` finds. */
  constructor(json: InteractionJson, index: number, decode: Decode) {
    this.#json = json;
    this.#index = index;
    this.#decode = decode;
  }

  get head(): RequestHead {
    return this.#json.request;
  }

  get fingerprint(): string | undefined {
    return this.#json.fingerprint;
  }

  get metadata(): readonly MetadataPair[] {
    return this.#json.metadata ?? [];
  }

  interaction(): Interaction {
    this.#interaction ??= this.#decode(this.#json, this.#index);
    return this.#interaction;
  }
}
