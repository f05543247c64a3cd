const NAMES = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot'];

/** Not what is set by chance: what looks like a secret in the environment is looked for in every body. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
}
