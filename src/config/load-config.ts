import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import type { createJiti } from 'jiti';
import { InvalidOptionError } from '../core/errors.js';
import { hostProcess } from '../core/host-realm.js';
import { lineIn } from './error-line.js';
import type { FoundConfig } from './find-config.js';
import { parseJson } from './parse-json.js';

// Not an import: test runners give their sandboxes a `node:module` that is not what Node loads modules with.
const { createRequire } = hostProcess.getBuiltinModule('node:module');

/**
 * What a config file holds.
 *
 * @throws InvalidOptionError, in one line that names the file, where it cannot be loaded, and where that is no object.
 */
export function loadConfig({ file, key }: FoundConfig): object {
  const value = key === undefined ? contentOf(file) : key.value;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || types.isPromise(value)) {
    const what = key === undefined ? `config file ${file}` : `interposition in ${file}`;
    throw new InvalidOptionError(what, `it is ${kindOf(value)}, and not an object with options.`);
  }
  return value;
}

function contentOf(file: string): unknown {
  if (!file.endsWith('.json')) {
    return exportOf(file);
  }
  const text = loading(file, () => readFileSync(file, 'utf8'));
  return parseJson(text, file);
}

function exportOf(file: string): unknown {
  const require = createRequire(file);
  const load = readsTypeScript(file, require) ? require : typeScriptLoader(file, require);
  const exported: unknown = loading(file, () => load(file));
  const members = (typeof exported === 'object' && exported !== null ? exported : {}) as Exports;
  const isModule = types.isModuleNamespaceObject(exported) || members.__esModule === true;
  if (isModule ? !('default' in members) : isBare(exported)) {
    const remedy = isModule ? 'it has no default export: write "export default { … }"' : 'it exports nothing';
    throw new InvalidOptionError(`config file ${file}`, `${remedy}.`);
  }
  return isModule ? members.default : exported;
}

interface Exports {
  readonly __esModule?: unknown;
  readonly default?: unknown;
}

/** As `module.exports` is before anything is. */
function isBare(exported: unknown): boolean {
  return typeof exported === 'object' && exported !== null && Object.keys(exported).length === 0;
}

/** Node does from 22.18 on; before, a loader that the program runs under (tsx, ts-node) may. */
function readsTypeScript(file: string, { extensions }: NodeJS.Require): boolean {
  return (
    !file.endsWith('.ts') || Boolean(Reflect.get(hostProcess.features, 'typescript')) || '.ts' in extensions
  );
}

function typeScriptLoader(file: string, require: NodeJS.Require): (file: string) => unknown {
  const create = jitiOf(require);
  if (create === undefined) {
    throw new InvalidOptionError(
      `config file ${file}`,
      `Node ${hostProcess.version} does not read TypeScript. Run: npm install --save-dev jiti@2. Or make it ` +
        'interposition.config.mjs, in JavaScript, or use Node 22.18 or newer.',
    );
  }
  // A replay writes no file, so no cache. And its stores and errors are to be those of this library, not of a copy.
  return create(file, { fsCache: false, nativeModules: ['interposition'], interopDefault: false });
}

/** The project's own; undefined where it has none, or one before version 2. */
function jitiOf(require: NodeJS.Require): typeof createJiti | undefined {
  try {
    return (require('jiti') as { createJiti?: typeof createJiti }).createJiti;
  } catch {
    return undefined;
  }
}

function loading<T>(file: string, load: () => T): T {
  try {
    return load();
  } catch (cause) {
    const line = lineIn(file, cause);
    const where = line === undefined ? '' : `line ${line}: `;
    throw new InvalidOptionError(`config file ${file}`, `${where}${problemOf(cause)}`, { cause });
  }
}

function problemOf(cause: unknown): string {
  // Not by its class: it may be of another realm.
  const { code, name, message } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  if (code === 'ERR_REQUIRE_ASYNC_MODULE') {
    return 'it, or what it imports, awaits at its top level, and a config file is loaded at once. Do without.';
  }
  const [text = ''] = (typeof message === 'string' ? message : String(cause)).trim().split('\n');
  return `${name === 'SyntaxError' ? 'a syntax error' : 'it cannot be loaded'}: ${text.trim()}`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) {
    return 'a list';
  }
  return value === null || value === undefined
    ? String(value)
    : `a ${types.isPromise(value) ? 'promise' : typeof value}`;
}
