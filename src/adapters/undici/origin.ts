const origins = new WeakMap<object, string>();

/**
 * The origin that a `Client` or a `Pool` serves; undefined for a dispatcher that serves many. That of a `BalancedPool`
 * is the first of its upstreams: which one answers a request is no matter of the request's.
 */
export function originOf(dispatcher: object): string | undefined {
  const url = Object.getOwnPropertySymbols(dispatcher).find((symbol) => symbol.description === 'url');
  const value: unknown = url && Reflect.get(dispatcher, url);
  return origins.get(dispatcher) ?? (value instanceof URL ? value.origin : firstUpstream(dispatcher));
}

function firstUpstream({ upstreams }: { readonly upstreams?: unknown }): string | undefined {
  const [first] = Array.isArray(upstreams) ? (upstreams as unknown[]) : [];
  return typeof first === 'string' ? first : undefined;
}

/** Remembers the origin of a dispatcher that hides another. */
export function knowOrigin(dispatcher: object, origin: string | undefined): void {
  if (origin !== undefined) {
    origins.set(dispatcher, origin);
  }
}
