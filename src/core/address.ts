/** Where a request goes, the same for all spellings of it. */
export interface Address {
  /** The origin and the path; of a target that is no URL all of it. */
  readonly path: string;
  /** Undefined where it may be any. */
  readonly query: string | undefined;
}

/** Can a recording of this address answer a request of that one? Of an address that is undefined nothing is known. */
export function isAlike(recorded: Address | undefined, asked: Address | undefined): boolean {
  return (
    recorded === undefined ||
    asked === undefined ||
    (recorded.path === asked.path &&
      (recorded.query === undefined || asked.query === undefined || recorded.query === asked.query))
  );
}

/** What two addresses have in common; undefined where that is nothing. */
export function commonAddress(one: Address | undefined, other: Address | undefined): Address | undefined {
  return one === undefined || one.path !== other?.path
    ? undefined
    : { path: one.path, query: one.query === other.query ? one.query : undefined };
}
