import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { basename, join } from 'node:path';

/** A module of undici's that this adapter has to meet as it is loaded. */
export type UndiciModule = 'lib/global.js' | 'lib/dispatcher/dispatcher.js';

/** What is done around the evaluation of that module, in every copy of undici that the program loads. */
export interface LoadHook {
  before?(): void;
  /** `exports` is empty where the module threw. */
  after(exports: Record<string, unknown>): void;
}

interface ModuleInternals {
  prototype: { require: (this: unknown, id: string) => unknown };
  _resolveFilename(id: string, parent: unknown): string;
  _cache: Record<string, { exports: Record<string, unknown> } | undefined>;
}

const internals = Module as unknown as ModuleInternals;
const hooks = new Map<UndiciModule, LoadHook>();

/**
 * Hooks a module of every npm undici that is loaded from now on, by `require` or by `import`: Node passes both through
 * `Module.prototype.require` where undici's files require each other.
 */
export function hookUndici(path: UndiciModule, hook: LoadHook): void {
  hooks.set(path, hook);
  patchRequire();
}

/** The exports of a module in every copy of undici that was loaded before. */
export function* loadedUndici(path: UndiciModule): Generator<Record<string, unknown>> {
  for (const [filename, module] of Object.entries(createRequire(import.meta.url).cache)) {
    if (module !== undefined && undiciModule(filename) === path) {
      yield module.exports as Record<string, unknown>;
    }
  }
}

let patched = false;

function patchRequire(): void {
  if (patched) {
    return;
  }
  patched = true;
  const original = internals.prototype.require;
  internals.prototype.require = function require(this: unknown, id: string): unknown {
    const hook =
      typeof id === 'string' && /(?:^|\/)(?:global|dispatcher)(?:\.js)?$/.test(id) && hookFor(this, id);
    if (!hook) {
      return Reflect.apply(original, this, [id]);
    }
    hook.before?.();
    let exports: Record<string, unknown> = {};
    try {
      exports = Reflect.apply(original, this, [id]) as Record<string, unknown>;
      return exports;
    } finally {
      hook.after(exports);
    }
  };
}

/** The hook for a module that is about to be evaluated; undefined for one that was before. */
function hookFor(parent: unknown, id: string): LoadHook | undefined {
  let filename: string;
  try {
    filename = internals._resolveFilename(id, parent);
  } catch {
    return undefined;
  }
  const path = internals._cache[filename] === undefined ? undiciModule(filename) : undefined;
  return path && hooks.get(path);
}

/** Which module of undici's a file is. A package manager may keep the package under any folder's name. */
function undiciModule(filename: string): UndiciModule | undefined {
  const match = /^(.*[\\/])lib[\\/](global|dispatcher[\\/]dispatcher)\.js$/.exec(filename);
  if (match === null || packageName(match[1] as string) !== 'undici') {
    return undefined;
  }
  return basename(filename) === 'global.js' ? 'lib/global.js' : 'lib/dispatcher/dispatcher.js';
}

function packageName(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name;
  } catch {
    return undefined;
  }
}
