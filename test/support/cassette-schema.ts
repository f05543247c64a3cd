import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import { repoRoot } from './paths.js';

const schema = JSON.parse(readFileSync(join(repoRoot, 'schema/cassette-1.json'), 'utf8')) as object;
// What a reference is to, or a keyword beside it, says the rest.
const validate = new Ajv2020({ strictTypes: false, strictRequired: false }).compile(schema);

/** What the published schema has against the cassette; empty where it fits. */
export function schemaProblems(cassette: unknown): string[] {
  return validate(cassette)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

/** @param text That of a cassette file. */
export function assertFitsSchema(text: string, message = ''): void {
  const problems = schemaProblems(JSON.parse(text));
  assert.equal(problems, [], `${message} the schema refuses ${text.slice(0, 5000)}\n${problems.join('\n')}`);
}
