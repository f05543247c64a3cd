export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where two outcomes differ, a line each; an error in the place of a value, or of another error, is one difference. */
export function differences(live: Json | undefined, now: Json | undefined, path: string): readonly string[] {
  if (Object.is(live, now)) return [];
  if (!isTree(live) || !isTree(now) || Array.isArray(live) !== Array.isArray(now)) {
    return [line(path, live, now)];
  }
  if ('error' in live !== 'error' in now || live['class'] !== now['class']) return [line(path, live, now)];
  const keys = new Set([...Object.keys(live), ...Object.keys(now)]);
  return [...keys].flatMap((key) => differences(live[key], now[key], `${path} › ${key}`));
}

function isTree(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}

function line(path: string, live: Json | undefined, now: Json | undefined): string {
  const brief = (value: Json | undefined) => (JSON.stringify(value) ?? 'nothing').slice(0, 400);
  return `${path}\n    live: ${brief(live)}\n    now:  ${brief(now)}`;
}
