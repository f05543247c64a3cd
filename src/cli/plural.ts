/** `1 interaction`, `2 interactions`. @param several Where it is not the noun with an s. */
export function plural(count: number, noun: string, several = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : several}`;
}
