import { type Address, commonAddress, isAlike } from './address.js';
import type { Cassette } from './cassette.js';
import type { Interaction, InteractionRequest } from './interaction.js';
import { Lanes } from './lanes.js';
import { RequestMemo } from './memo.js';
import type { KnownRequest } from './miss.js';
import type { Policy } from './policy.js';
import type { RequestHead } from './recording.js';
import { isSameRequest } from './same-request.js';
import { interactionOf } from './stored-interaction.js';
import { type Playback, type Story, StoryIndex } from './story.js';
import { Unkeyed } from './unkeyed.js';

/** Which recordings a request may be answered with. */
export interface Recalled {
  /** The request as the policy has it stored. */
  readonly request: InteractionRequest;
  /** The key of the story; the request's own where there is none. */
  readonly key: string;
  readonly story: Story | undefined;
}

/** A recording with its key. */
interface Keyed {
  readonly key: string;
  readonly interaction: Interaction;
  /** Its request as the policy has it stored now. */
  readonly request: InteractionRequest;
  /** Where it stands in the cassette. */
  readonly place: number;
}

/** A request as the policy has it stored, its key, and the state of the policy that said so. */
interface Asked {
  readonly request: InteractionRequest;
  readonly key: string;
  readonly state: number | undefined;
}

/**
 * Finds the recordings that answer requests, and remembers which of them have answered. Every method throws
 * CassetteLoadError where a recording that it has to look at stands in a store and is not well formed.
 */
export class Recall {
  readonly #policy: Policy;
  readonly #playback: Playback;
  /** What was recorded before. */
  readonly #cassette: Cassette;
  /** What this very run has recorded. */
  readonly #recorded: Interaction[] = [];
  readonly #entry: number;
  /** Made when a story has several lanes. */
  #lanes: Lanes | undefined;
  readonly #unkeyed: Unkeyed;
  readonly #index = new StoryIndex();
  /** Those that hold all recordings of their keys, while there are recordings without a key. */
  readonly #complete = new WeakSet<Story>();
  /** Those that this very run has recorded into. */
  readonly #grown = new Set<Story>();
  /** How often a story was asked for. */
  readonly #asked = new Map<string, number>();
  readonly #used = new Set<Interaction>();
  /** The open keys that were recorded. */
  readonly #open = new Set<string>();
  /** Recordings of open keys by their whole requests, what stands in the open places included. */
  readonly #exact = new StoryIndex();
  /** By a request that no recording has the key of: the key of the one recording that resembles it. */
  readonly #kin = new Map<string, string | undefined>();
  /** What was found, as long as it would be found again. */
  readonly #found = new RequestMemo<Recalled>();
  #foundIn: number | undefined;

  /**
   * @param cassette What was recorded before.
   * @param entry Which entry of its cassette this is, from 0: it follows the lane of that number.
   */
  constructor(policy: Policy, playback: Playback, cassette: Cassette, entry: number) {
    this.#policy = policy;
    this.#playback = playback;
    this.#cassette = cassette;
    this.#entry = entry;
    this.#unkeyed = new Unkeyed(policy, cassette);
  }

  /**
   * Adds what this very run has recorded: its request was made, so it counts as used.
   *
   * @param found What `exactly` gave for its request.
   */
  addRecorded({ key, request }: Recalled, interaction: Interaction): void {
    this.#kin.clear();
    this.#found.clear();
    const story = this.#add({
      key,
      request,
      interaction,
      place: this.#cassette.nextPlace + this.#recorded.length,
    });
    this.#grown.add(story);
    this.#recorded.push(interaction);
    this.#lanes?.add(interaction);
    this.#used.add(interaction);
  }

  /** The recordings that have the request's own key. */
  exactly(raw: InteractionRequest): Recalled {
    return this.#keyed(raw, this.#policy.request(raw));
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
    const found = this.#whole(this.#find(raw));
    if (found.story !== undefined && state !== undefined && this.#policy.state === state) {
      this.#found.set(raw, found);
    }
    return found;
  }

  #find(raw: InteractionRequest): Recalled {
    const first = this.exactly(raw);
    if (first.story !== undefined) {
      return first;
    }
    const own = this.#policy.refresh?.() ? this.exactly(raw) : first;
    if (own.story !== undefined) {
      return own;
    }
    const recorded = this.#policy.variables?.asRecorded(own.request) ?? own.request;
    const again = recorded === own.request ? own : this.#keyed(recorded, recorded);
    if (again.story !== undefined) {
      return { ...again, request: own.request };
    }
    const kin = again === own ? this.#kinOf(raw, own) : this.#kinOf(recorded, again);
    return kin === undefined ? own : { request: own.request, key: kin, story: this.#index.get(kin) };
  }

  /** The recording that is next in turn for the story, which counts as used. */
  take(key: string, story: Story): Interaction {
    const n = this.#timesAsked(key) + 1;
    const interaction = this.#nth(story, n);
    this.#asked.set(key, n);
    this.#used.add(interaction);
    return interaction;
  }

  /** The recording that is next in turn for the story. */
  next(key: string, story: Story): Interaction {
    return this.#nth(story, this.#timesAsked(key) + 1);
  }

  /** Finds the keys of all recordings. */
  keyAll(): void {
    this.#unkeyed.read(() => undefined);
    this.#keyGroup(undefined);
  }

  /** The recordings that a newer session replaced. */
  superseded(): Set<Interaction> {
    this.keyAll();
    const superseded = [...this.#index.stories()].flatMap((story) => [...story.superseded()]);
    return new Set(superseded.map(({ interaction }) => interaction));
  }

  /** The places of those that this very run has replaced. */
  replaced(): number[] {
    return [...this.#grown].flatMap((story) => [...story.superseded()].map(({ place }) => place));
  }

  /** Those that would have answered in this entry's lane, and have not. */
  unused(): Interaction[] {
    this.keyAll();
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

  #nth(story: Story, n: number): Interaction {
    return this.#playback === 'first' ? story.first() : story.nth(n, () => this.#lanesOf(story));
  }

  #timesAsked(key: string): number {
    return this.#asked.get(key) ?? 0;
  }

  #whole(recalled: Recalled): Recalled {
    const { request, key, story } = recalled;
    if (story === undefined || !this.#open.has(key)) {
      return recalled;
    }
    const whole = wholeOf(key, request);
    const exact = this.#exact.get(whole);
    // Where equal recordings were left out, places count for all of the key together.
    const tells = exact !== undefined && exact.session === story.session && !story.hasGaps;
    return tells ? { request, key: whole, story: exact } : recalled;
  }

  /** @param raw The request as `Policy.request` got it to give `request`. */
  #keyed(raw: InteractionRequest, request: InteractionRequest): Recalled {
    const key = this.#policy.key(request);
    const known = this.#index.get(key);
    if (this.#unkeyed.isEmpty || (known !== undefined && this.#complete.has(known))) {
      return { request, key, story: known };
    }
    this.#unkeyed.read(() => this.#addressOf(raw, request));
    this.#keyGroup(this.#groupOf(raw, request), { request, key, state: this.#policy.state });
    const story = this.#index.get(key);
    if (story !== undefined) {
      this.#complete.add(story);
    }
    return { request, key, story };
  }

  /** Undefined where it may match recordings of any group: a secret in its head has hidden its group. */
  #groupOf(raw: InteractionRequest, request: InteractionRequest): string | undefined {
    const group = this.#policy.group?.(raw);
    return raw === request || this.#policy.group?.(request) === group ? group : undefined;
  }

  /** Undefined where recordings of any address may match. Otherwise those that match are alike. */
  #addressOf(raw: InteractionRequest, request: InteractionRequest): Address | undefined {
    const address = this.#policy.address?.(raw);
    return raw === request ? address : commonAddress(address, this.#policy.address?.(request));
  }

  /**
   * Finds the keys of the recordings of a group, or of all, as far as they are read.
   *
   * @param asked What asks for them.
   */
  #keyGroup(group: string | undefined, asked?: Asked): void {
    // All of them before the first one is added: where one is not well formed, they stay together.
    const keyed = this.#unkeyed.of(group).map(({ entry, place }): Keyed => {
      const interaction = interactionOf(entry);
      const { request: recorded } = interaction;
      if (asked !== undefined && this.#isKnown(asked) && isSameRequest(recorded, asked.request)) {
        return { key: asked.key, interaction, request: recorded, place };
      }
      const request = this.#policy.request(recorded);
      return { key: this.#policy.key(request), interaction, request, place };
    });
    for (const one of keyed) {
      this.#add(one);
    }
    this.#unkeyed.remove(group);
  }

  /** Would the policy say the same of the request again? */
  #isKnown({ state }: Asked): boolean {
    return state !== undefined && state === this.#policy.state;
  }

  #add({ key, interaction, request, place }: Keyed): Story {
    if (this.#policy.isOpen?.(key)) {
      this.#open.add(key);
      this.#exact.add(wholeOf(key, request), interaction, place);
    }
    return this.#index.add(key, interaction, place);
  }

  #lanesOf(story: Story): readonly string[] {
    this.#lanes ??= new Lanes(this.#entry, [...this.#cassette.lanes(), ...this.#recorded]);
    return this.#lanes.of(story.session);
  }

  /**
   * The one recorded key that resembles this one, of the recordings that a look-up of the request reads and keys; others
   * may have a key already, and do not count. Where several do, none is the answer.
   */
  #kinOf(raw: InteractionRequest, { key, request }: Recalled): string | undefined {
    const { resembles, isOpen } = this.#policy;
    if (resembles === undefined) {
      return undefined;
    }
    const group = this.#groupOf(raw, request);
    const address = this.#addressOf(raw, request);
    const name = JSON.stringify([key, group, address?.path, address?.query]);
    if (!this.#kin.has(name)) {
      const candidates = isOpen?.call(this.#policy, key) ? this.#index.keys() : this.#open;
      const kin = [...candidates].filter(
        (recorded) =>
          resembles.call(this.#policy, key, recorded) &&
          this.#index.get(recorded)?.recordings.some((one) => this.#isNear(one.request, group, address)),
      );
      this.#kin.set(name, kin.length === 1 ? kin[0] : undefined);
    }
    return this.#kin.get(name);
  }

  #isNear(recorded: RequestHead, group: string | undefined, address: Address | undefined): boolean {
    const own = group === undefined ? undefined : this.#policy.group?.(recorded);
    return (own === undefined || own === group) && isAlike(this.#policy.address?.(recorded), address);
  }
}

/** No match key looks like it. */
function wholeOf(key: string, { action, target, body }: InteractionRequest): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  return `whole ${key} ${action} ${target} ${bytes}`;
}
