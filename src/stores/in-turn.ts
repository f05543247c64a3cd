const turns = new Map<string, Promise<unknown>>();

/** Does work on a file after all work on it that this thread asked for before; at once, where there is none. */
export function inTurn<T>(target: string, work: () => Promise<T>): Promise<T> {
  const result = turns.get(target)?.then(work, work) ?? work();
  const tail = result.catch(() => {});
  turns.set(target, tail);
  void tail.then(() => {
    if (turns.get(target) === tail) {
      turns.delete(target);
    }
  });
  return result;
}
