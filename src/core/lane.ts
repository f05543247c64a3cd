import type { Interaction } from './interaction.js';

/** The recordings of one story in one lane, in the order in which their requests were dispatched. */
export class Lane {
  readonly #recordings: Interaction[] = [];
  /** Which of the identical requests each of them is the first to answer, ascending, as far as that was asked for. */
  readonly #firsts: number[] = [];

  get recordings(): readonly Interaction[] {
    return this.#recordings;
  }

  /** Among those of the same order, behind those that are there. */
  add(interaction: Interaction): void {
    const { order = Number.POSITIVE_INFINITY } = interaction.recording;
    let place = this.#recordings.length;
    while (place > 0 && orderOf(this.#recordings[place - 1]) > order) {
      place--;
    }
    this.#recordings.splice(place, 0, interaction);
    this.#firsts.length = Math.min(this.#firsts.length, place);
  }

  /** The recording that answers the n-th identical request, n from 1; the last one sticks. */
  nth(n: number): Interaction {
    const firsts = this.#firstsOfAll();
    let low = 0;
    let high = firsts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((firsts[middle] as number) <= n) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return this.#recordings[low] as Interaction;
  }

  #firstsOfAll(): readonly number[] {
    for (let place = this.#firsts.length; place < this.#recordings.length; place++) {
      const before = this.#firsts[place - 1] ?? 0;
      this.#firsts.push(Math.max(before + 1, this.#recordings[place]?.recording.nth ?? 0));
    }
    return this.#firsts;
  }
}

function orderOf(interaction: Interaction | undefined): number {
  return interaction?.recording.order ?? Number.NEGATIVE_INFINITY;
}
