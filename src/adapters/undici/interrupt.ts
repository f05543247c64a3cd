/** Ends from outside what somebody waits for. An AbortSignal does the same, at more cost than a whole look-up. */
export class Interrupt {
  #raised: { readonly reason: unknown } | undefined;
  #listener: (reason: unknown) => void = () => {};

  /** Undefined where it was not raised. */
  get raised(): { readonly reason: unknown } | undefined {
    return this.#raised;
  }

  /** Calls the one who waits, once. */
  raise(reason: unknown): void {
    if (this.#raised === undefined) {
      this.#raised = { reason };
      this.#listener(reason);
    }
  }

  /** Of several calls the last one counts. */
  onRaise(listener: (reason: unknown) => void): void {
    this.#listener = listener;
  }
}
