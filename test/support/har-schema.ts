import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const require = createRequire(import.meta.url);

/** What the schema of HAR 1.2 has to say against a file; nothing where it is one. */
export function harProblems(har: unknown): string[] {
  return isHar(har)
    ? []
    : (isHar.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const isHar = compiled();

function compiled() {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json'));
  addFormats.default(ajv);
  ajv.addSchema(Object.values(require('har-schema') as Record<string, object>));
  const validate = ajv.getSchema('har.json#') ?? ajv.getSchema('har.json');
  if (validate === undefined) {
    throw new Error('the schema of HAR is not where it was');
  }
  return validate;
}
