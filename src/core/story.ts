import type { Interaction } from './interaction.js';
import { Lane } from './lane.js';

/** How repeats of one request are answered: the n-th with the n-th recording, or each with the first. */
export type Playback = 'first' | 'sequence';

/** The lanes of one session. */
type Lanes = Map<string, Lane>;

/**
 * All recordings with one match key: by session, and within a session by lane. The session that was recorded last is
 * the one that answers; the others are superseded.
 */
export class Story {
  readonly #recordings: Interaction[] = [];
  /** Where each of them stands in the cassette, ascending. */
  readonly #places: number[] = [];
  readonly #sessions = new Map<string, Lanes>();
  #newest = '';
  /** Those of the newest session. */
  #fresh: Lanes = new Map();
  #hasGaps = false;

  /** The session that answers. */
  get session(): string {
    return this.#newest;
  }

  /** Were recordings left out that equalled the one before? */
  get hasGaps(): boolean {
    return this.#hasGaps;
  }

  /** @param place Where it stands in its cassette. They come in any order, and mostly in that of their places. */
  add(interaction: Interaction, place: number): void {
    const index = this.#places.findLastIndex((other) => other < place) + 1;
    this.#places.splice(index, 0, place);
    this.#recordings.splice(index, 0, interaction);
    if (index === this.#recordings.length - 1) {
      this.#tell(interaction);
    } else {
      this.#sessions.clear();
      this.#recordings.forEach((recording) => {
        this.#tell(recording);
      });
    }
  }

  /** By their places. */
  get recordings(): readonly Interaction[] {
    return this.#recordings;
  }

  /** The recordings that a newer session replaced. */
  *superseded(): Generator<{ readonly interaction: Interaction; readonly place: number }> {
    for (const [index, interaction] of this.#recordings.entries()) {
      if (interaction.recording.session !== this.#newest) {
        yield { interaction, place: this.#places[index] as number };
      }
    }
  }

  /** Is there a whole recording, of any session? */
  get hasWhole(): boolean {
    return this.#recordings.some(isWhole);
  }

  /** Is there a whole recording that would answer? */
  get answersWhole(): boolean {
    for (const interaction of recordingsOf(this.#fresh)) {
      if (isWhole(interaction)) {
        return true;
      }
    }
    return false;
  }

  /** Does the answer depend on which of the identical requests is asked first? */
  get dependsOnOrder(): boolean {
    return [...this.#fresh.values()].some((lane) => lane.recordings.length > 1);
  }

  /** The first recording, a whole one before one that failed, and this before a truncated one. */
  first(): Interaction {
    let answer: Interaction | undefined;
    for (const interaction of recordingsOf(this.#fresh)) {
      if (isWhole(interaction)) {
        if (interaction.recording.failure === undefined) {
          return interaction;
        }
        answer ??= interaction;
      }
    }
    return answer ?? (this.#lane(() => []).recordings[0] as Interaction);
  }

  /**
   * The recording for the n-th identical request, n from 1: of the first of the `preferred` lanes that tells this
   * story, and there the last one whose place is at most n, so that the last one sticks.
   */
  nth(n: number, preferred: () => Iterable<string>): Interaction {
    return this.#lane(preferred).nth(n);
  }

  /** The recordings of one lane of one session, in order. */
  lane(session: string, lane: string): readonly Interaction[] {
    return this.#sessions.get(session)?.get(lane)?.recordings ?? [];
  }

  #tell(interaction: Interaction): void {
    const { session, lane, nth } = interaction.recording;
    this.#newest = session;
    this.#hasGaps ||= nth !== undefined;
    const lanes = upsert(this.#sessions, session, () => new Map<string, Lane>());
    upsert(lanes, lane, () => new Lane()).add(interaction);
    this.#fresh = lanes;
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

function* recordingsOf(lanes: Lanes): Generator<Interaction> {
  for (const lane of lanes.values()) {
    yield* lane.recordings;
  }
}

function isWhole({ recording }: Interaction): boolean {
  return !recording.truncated;
}

/** All stories of a cassette, by match key. */
export class StoryIndex {
  readonly #stories = new Map<string, Story>();

  /** @param place Where it stands in its cassette. */
  add(key: string, interaction: Interaction, place: number): Story {
    const story = upsert(this.#stories, key, () => new Story());
    story.add(interaction, place);
    return story;
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
}

function upsert<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
