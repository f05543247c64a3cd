import { hookUndici, type LoadedModule, loadedUndici } from './load-hook.js';
import { knowOrigin, originOf } from './origin.js';

// A `Client` and a `Pool` know their origin, and requests to them leave it out; an interceptor is told nothing of the
// dispatcher that it is composed into. So `compose` is made to say so while it runs its interceptors.

interface Composable {
  compose(...interceptors: unknown[]): object;
}

const composing: object[] = [];
const hooked = new WeakSet<object>();
let installed = false;

/** Makes sure that `composingDispatcher` knows, for every copy of undici, loaded or still to come. */
export function hookCompose(): void {
  if (installed) {
    return;
  }
  installed = true;
  hookUndici('dispatcher', { after: hookClass });
  for (const loaded of loadedUndici('dispatcher')) {
    hookClass(loaded);
  }
}

/** The dispatcher whose `compose` is running. */
export function composingDispatcher(): object | undefined {
  return composing.at(-1);
}

function hookClass({ exports }: LoadedModule): void {
  const prototype = (exports as { prototype?: Composable }).prototype;
  if (prototype === undefined || typeof prototype.compose !== 'function' || hooked.has(prototype)) {
    return;
  }
  hooked.add(prototype);
  const { compose } = prototype;
  prototype.compose = function hookedCompose(this: object, ...interceptors: unknown[]): object {
    composing.push(this);
    try {
      const composed = Reflect.apply(compose, this, interceptors);
      knowOrigin(composed, originOf(this));
      return composed;
    } finally {
      composing.pop();
    }
  };
}
