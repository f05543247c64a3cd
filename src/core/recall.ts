import type { Interaction, InteractionRequest } from './interaction.js';
import { RequestMemo } from './memo.js';
import type { KnownRequest } from './miss.js';
import type { Policy } from './policy.js';
import { type Playback, type Story, StoryIndex } from './story.js';

/** Which recordings a request may be answered with. */
export interface Recalled {
  /** The request as the policy has it stored. */
  readonly request: InteractionRequest;
  /** The key of the story; the request's own where there is none. */
  readonly key: string;
  readonly story: Story | undefined;
}

/** Finds the recordings that answer requests, and remembers which of them have answered. */
export class Recall {
  readonly #policy: Policy;
  readonly #playback: Playback;
  readonly #entry: number;
  readonly #index = new StoryIndex();
  /** How often a story was asked for. */
  readonly #asked = new Map<string, number>();
  readonly #used = new Set<Interaction>();
  /** The open keys that were recorded. */
  readonly #open = new Set<string>();
  /** Recordings of open keys by their whole requests, what stands in the open places included. */
  readonly #exact = new StoryIndex();
  /** By the key of a request that no recording has: the key of the one recording that resembles it. */
  readonly #kin = new Map<string, string | undefined>();
  /** What was found, as long as it would be found again. */
  readonly #found = new RequestMemo<Recalled>();
  #foundIn: number | undefined;

  /** @param entry Which entry of its cassette this is, from 0: it follows the lane of that number. */
  constructor(policy: Policy, playback: Playback, entry: number) {
    this.#policy = policy;
    this.#playback = playback;
    this.#entry = entry;
  }

  add(key: string, interaction: Interaction): void {
    this.#index.add(key, interaction);
    this.#kin.clear();
    this.#found.clear();
    if (this.#policy.isOpen?.(key)) {
      this.#open.add(key);
      this.#exact.add(wholeOf(this.#policy.request(interaction.request)), interaction);
    }
  }

  /** Adds what this very run has recorded: its request was made, so it counts as used. */
  addRecorded(key: string, interaction: Interaction): void {
    this.add(key, interaction);
    this.#used.add(interaction);
  }

  /** The recordings of exactly this key. */
  story(key: string): Story | undefined {
    return this.#index.get(key);
  }

  /**
   * What answers a request: the recordings of its key, and of several that an open key takes together those of the very
   * same request, if there are any; else those of the same request with other values in variable places.
   */
  find(raw: InteractionRequest): Recalled {
    const { state } = this.#policy;
    if (state !== this.#foundIn) {
      this.#found.clear();
      this.#foundIn = state;
    }
    const known = state === undefined ? undefined : this.#found.get(raw);
    if (known !== undefined) {
      return known;
    }
    const found = this.#exactly(this.#find(raw));
    if (found.story !== undefined && state !== undefined && this.#policy.state === state) {
      this.#found.set(raw, found);
    }
    return found;
  }

  #find(raw: InteractionRequest): Recalled {
    const first = this.#byKey(raw);
    if (first.story !== undefined) {
      return first;
    }
    const own = this.#policy.refresh?.() ? this.#byKey(raw) : first;
    if (own.story !== undefined) {
      return own;
    }
    const recorded = this.#policy.variables?.asRecorded(own.request) ?? own.request;
    const again = recorded === own.request ? own : this.#keyed(recorded);
    if (again.story !== undefined) {
      return { ...again, request: own.request };
    }
    const kin = this.#kinOf(again.key);
    return kin === undefined ? own : { request: own.request, key: kin, story: this.#index.get(kin) };
  }

  /** The recording that is next in turn for the story, which counts as used. */
  take(key: string, story: Story): Interaction {
    const n = (this.#asked.get(key) ?? 0) + 1;
    this.#asked.set(key, n);
    const interaction = this.#playback === 'first' ? story.first() : story.nth(n, () => this.#lanesOf(story));
    this.#used.add(interaction);
    return interaction;
  }

  /** The recordings that a newer session replaced. */
  superseded(): Set<Interaction> {
    return this.#index.superseded();
  }

  /** Those that would have answered in this entry's lane, and have not. */
  unused(): Interaction[] {
    const unused: Interaction[] = [];
    for (const story of this.#index.stories()) {
      // What another entry recorded is for that one to use.
      const [own = ''] = this.#lanesOf(story);
      const answering = this.#playback === 'first' ? [story.first()] : story.lane(story.session, own);
      unused.push(...answering.filter((interaction) => !this.#used.has(interaction)));
    }
    return unused;
  }

  /** All recordings, as the explanation of a MISS looks at them. */
  known(interactions: readonly Interaction[]): KnownRequest[] {
    return interactions.map((interaction) => ({
      request: this.#policy.request(interaction.request),
      fingerprint: interaction.fingerprint,
      used: this.#used.has(interaction),
    }));
  }

  #exactly(recalled: Recalled): Recalled {
    const { request, key, story } = recalled;
    if (story === undefined || !this.#open.has(key)) {
      return recalled;
    }
    const whole = wholeOf(request);
    const exact = this.#exact.get(whole);
    // Where equal recordings were left out, places count for all of the key together.
    const tells = exact !== undefined && exact.session === story.session && !story.hasGaps;
    return tells ? { request, key: whole, story: exact } : recalled;
  }

  #byKey(raw: InteractionRequest): Recalled {
    return this.#keyed(this.#policy.request(raw));
  }

  #keyed(request: InteractionRequest): Recalled {
    const key = this.#policy.key(request);
    return { request, key, story: this.#index.get(key) };
  }

  #lanesOf(story: Story): string[] {
    return this.#index.lanesFor(story.session, this.#entry);
  }

  /** The one recorded key that resembles this one. Where several do, none is the answer. */
  #kinOf(key: string): string | undefined {
    const { resembles, isOpen } = this.#policy;
    if (resembles === undefined) {
      return undefined;
    }
    if (!this.#kin.has(key)) {
      const candidates = isOpen?.call(this.#policy, key) ? this.#index.keys() : this.#open;
      const kin = [...candidates].filter((recorded) => resembles.call(this.#policy, key, recorded));
      this.#kin.set(key, kin.length === 1 ? kin[0] : undefined);
    }
    return this.#kin.get(key);
  }
}

/** No match key looks like it. */
function wholeOf({ action, target, body }: InteractionRequest): string {
  return `whole ${action} ${target} ${Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')}`;
}
