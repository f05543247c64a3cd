import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { hostProcess, isInVmRealm } from '../../core/host-realm.js';

/** A module of undici's that this adapter has to meet as it is loaded, by its file's name. */
export type UndiciModule = 'global' | 'dispatcher' | 'dispatcher-base' | 'proxy-agent' | 'mock-agent';

/** What such a module gives, and which undici it is of. */
export interface LoadedModule {
  /** Empty where the module threw. */
  readonly exports: Record<string, unknown>;
  /** The major version of its copy. */
  readonly version: number;
}

/** What is done around the evaluation of that module, in every copy of undici that the program loads. */
export interface LoadHook {
  before?(): void;
  after(loaded: LoadedModule): void;
}

interface ModuleInternals {
  prototype: { require: (this: unknown, id: string) => unknown };
  _resolveFilename(id: string, parent: unknown): string;
  _cache: Record<string, { exports: Record<string, unknown> } | undefined>;
}

// Not an import: test runners give their sandboxes a `node:module` that is not what Node loads modules with.
const internals = hostProcess.getBuiltinModule('node:module') as unknown as ModuleInternals;
const hooks = new Map<UndiciModule, LoadHook>();

/**
 * Hooks a module of every npm undici that is loaded from now on, by `require` or by `import`: Node passes both through
 * `Module.prototype.require` where undici's files require each other.
 */
export function hookUndici(name: UndiciModule, hook: LoadHook): void {
  hooks.set(name, hook);
  patchRequire();
}

/** The same module in every copy of undici that was loaded before. */
export function* loadedUndici(name: UndiciModule): Generator<LoadedModule> {
  // In a VM realm that is the cache of the runner's own loader, which passes no hook of Node's. Not `import.meta`: a
  // runner's transform to CommonJS knows none.
  const { cache } = isInVmRealm
    ? createRequire(join(hostProcess.cwd(), 'any.js'))
    : { cache: internals._cache };
  for (const filename of Object.keys(cache)) {
    const found = undiciModule(filename);
    const exports = found?.name === name ? cache[filename]?.exports : undefined;
    if (found !== undefined && exports !== undefined) {
      yield { exports: exports as Record<string, unknown>, version: found.version };
    }
  }
}

let patched = false;

/** In undici 5 some of them are not in a folder of their own. */
const MODULE_FILE =
  /[\\/]lib[\\/](?:dispatcher[\\/]|mock[\\/])?(global|dispatcher|dispatcher-base|proxy-agent|mock-agent)\.js$/;
/** What undici's files call these modules where they require them. */
const MODULE_ID = /(?:^|\/)(?:global|dispatcher|dispatcher-base|(?:proxy|mock)-agent)(?:\.js)?$/;

function patchRequire(): void {
  // Not from a VM realm, whose loader does not pass there; and nobody could undo it when the realm has ended.
  if (patched || isInVmRealm) {
    return;
  }
  patched = true;
  const original = internals.prototype.require;
  internals.prototype.require = function require(this: unknown, id: string): unknown {
    const found = typeof id === 'string' && MODULE_ID.test(id) && aboutToLoad(this, id);
    const hook = found && hooks.get(found.name);
    if (!hook) {
      return Reflect.apply(original, this, [id]);
    }
    hook.before?.();
    let exports: Record<string, unknown> = {};
    try {
      exports = Reflect.apply(original, this, [id]) as Record<string, unknown>;
      return exports;
    } finally {
      hook.after({ exports, version: found.version });
    }
  };
}

interface FoundModule {
  readonly name: UndiciModule;
  readonly version: number;
}

/** The module that is about to be evaluated; undefined for one that was before, or is none of these. */
function aboutToLoad(parent: unknown, id: string): FoundModule | undefined {
  let filename: string;
  try {
    filename = internals._resolveFilename(id, parent);
  } catch {
    return undefined;
  }
  return internals._cache[filename] === undefined ? undiciModule(filename) : undefined;
}

/** Which module of undici's a file is. A package manager may keep the package under any folder's name. */
function undiciModule(filename: string): FoundModule | undefined {
  const match = MODULE_FILE.exec(filename);
  const { name, version } = match === null ? {} : packageAt(filename.slice(0, match.index));
  if (name !== 'undici') {
    return undefined;
  }
  return { name: basename(filename, '.js') as UndiciModule, version: Number.parseInt(String(version), 10) };
}

function packageAt(folder: string): { readonly name?: unknown; readonly version?: unknown } {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return {};
  }
}
