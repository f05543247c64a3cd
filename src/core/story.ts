import type { Interaction } from './interaction.js';

/** How repeats of one request are answered: the n-th with the n-th recording, or each with the first. */
export type Playback = 'first' | 'sequence';

/** The recordings of one lane, in the order in which their requests were dispatched. */
type Lane = Interaction[];

/**
 * All recordings with one match key: by session, and within a session by lane. The session that was recorded last is
 * the one that answers; the others are superseded.
 */
export class Story {
  readonly #sessions = new Map<string, Map<string, Lane>>();
  #newest = '';
  #hasGaps = false;

  /** The session that answers. */
  get session(): string {
    return this.#newest;
  }

  /** Were recordings left out that equalled the one before? */
  get hasGaps(): boolean {
    return this.#hasGaps;
  }

  add(interaction: Interaction): void {
    const { session, lane, order = Number.POSITIVE_INFINITY, nth } = interaction.recording;
    this.#newest = session;
    this.#hasGaps ||= nth !== undefined;
    const lanes = upsert(this.#sessions, session, () => new Map<string, Lane>());
    const entries = upsert(lanes, lane, () => []);
    let place = entries.length;
    while (place > 0 && orderOf(entries[place - 1]) > order) {
      place--;
    }
    entries.splice(place, 0, interaction);
  }

  /** The recordings that a newer session replaced. */
  *superseded(): Generator<Interaction> {
    for (const [session, lanes] of this.#sessions) {
      if (session !== this.#newest) {
        for (const lane of lanes.values()) {
          yield* lane;
        }
      }
    }
  }

  /** Is there a whole recording, of any session? */
  get hasWhole(): boolean {
    return [...this.#sessions.values()].some(hasWhole);
  }

  /** Is there a whole recording that would answer? */
  get answersWhole(): boolean {
    return hasWhole(this.#fresh);
  }

  /** Does the answer depend on which of the identical requests is asked first? */
  get dependsOnOrder(): boolean {
    return [...this.#fresh.values()].some((lane) => lane.length > 1);
  }

  /** The first recording, a whole one before one that failed, and this before a truncated one. */
  first(): Interaction {
    let answer: Interaction | undefined;
    for (const interaction of this.#all()) {
      if (!interaction.recording.truncated) {
        if (interaction.recording.failure === undefined) {
          return interaction;
        }
        answer ??= interaction;
      }
    }
    return answer ?? (this.#lane(() => [])[0] as Interaction);
  }

  /**
   * The recording for the n-th identical request, n from 1: of the first of the `preferred` lanes that tells this
   * story, and there the last one whose place is at most n, so that the last one sticks.
   */
  nth(n: number, preferred: () => Iterable<string>): Interaction {
    const lane = this.#lane(preferred);
    let answer = lane[0] as Interaction;
    let place = 0;
    for (const interaction of lane) {
      place = Math.max(place + 1, interaction.recording.nth ?? 0);
      if (place > n) {
        break;
      }
      answer = interaction;
    }
    return answer;
  }

  /** The recordings of one lane of one session, in order. */
  lane(session: string, lane: string): readonly Interaction[] {
    return this.#sessions.get(session)?.get(lane) ?? [];
  }

  *#all(): Generator<Interaction> {
    for (const lane of this.#fresh.values()) {
      yield* lane;
    }
  }

  get #fresh(): Map<string, Lane> {
    return this.#sessions.get(this.#newest) as Map<string, Lane>;
  }

  #lane(preferred: () => Iterable<string>): Lane {
    const lanes = this.#fresh;
    if (lanes.size > 1) {
      for (const name of preferred()) {
        const lane = lanes.get(name);
        if (lane !== undefined) {
          return lane;
        }
      }
    }
    return lanes.values().next().value as Lane;
  }
}

function orderOf(interaction: Interaction | undefined): number {
  return interaction?.recording.order ?? Number.NEGATIVE_INFINITY;
}

function hasWhole(lanes: Map<string, Lane>): boolean {
  return [...lanes.values()].some((lane) => lane.some((interaction) => !interaction.recording.truncated));
}

/** All stories of a cassette, by match key. */
export class StoryIndex {
  readonly #stories = new Map<string, Story>();
  readonly #lanes = new Map<string, Set<string>>();

  add(key: string, interaction: Interaction): void {
    const { session, lane } = interaction.recording;
    upsert(this.#lanes, session, () => new Set<string>()).add(lane);
    upsert(this.#stories, key, () => new Story()).add(interaction);
  }

  get(key: string): Story | undefined {
    return this.#stories.get(key);
  }

  keys(): Iterable<string> {
    return this.#stories.keys();
  }

  stories(): Iterable<Story> {
    return this.#stories.values();
  }

  /**
   * The lanes of a session in the order in which a replay follows them: first the one that the `entry`-th entry (from
   * 0) recorded, then the others. Entries go round and round, so that a watch mode that runs everything again starts
   * anew.
   */
  lanesFor(session: string, entry: number): string[] {
    const lanes = [...(this.#lanes.get(session) ?? [])];
    const period = Math.max(0, ...lanes.map(Number).filter(Number.isSafeInteger));
    // By its number, as an entry that asked for nothing has left no lane.
    const own = period === 0 ? undefined : String((entry % period) + 1);
    const first = own !== undefined && lanes.includes(own) ? own : lanes[entry % lanes.length];
    return first === undefined ? [] : [first, ...lanes.filter((lane) => lane !== first)];
  }

  superseded(): Set<Interaction> {
    const superseded = new Set<Interaction>();
    for (const story of this.#stories.values()) {
      for (const interaction of story.superseded()) {
        superseded.add(interaction);
      }
    }
    return superseded;
  }
}

function upsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
