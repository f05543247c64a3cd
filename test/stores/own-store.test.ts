import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { CassetteLoadError, type CassetteStore } from '../../src/index.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { cassetteOf } from '../support/interactions.js';
import { codeBlocks, readMarkdown } from '../support/markdown.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

type Maker = new (path: string, key: Uint8Array, options?: { createIfMissing?: boolean }) => CassetteStore;

const folder = tempFolder();
const KEY = randomBytes(32);
let files = 0;

/** The example of docs/stores.md. */
const example = codeBlocks(readMarkdown('docs/stores.md')).find(
  ({ notes }) => notes.get('file') === 'encrypted-file.js',
)?.code;
const library = new URL('../../src/index.js', import.meta.url).href;
const module = join(folder, 'encrypted-file.mjs');
writeFileSync(module, String(example).replace("from 'interposition'", `from '${library}'`));
const { EncryptedFileStore } = (await import(pathToFileURL(module).href)) as { EncryptedFileStore: Maker };

const test = suite('a store of one’s own keeps the contract');

storeContract(test, {
  make: (options) => new EncryptedFileStore(join(folder, `${++files}.cassette`), KEY, options),
  reopen: (store) => new EncryptedFileStore(String(store.location), KEY),
  exists: (store) => existsSync(String(store.location)),
});

test('and another key does not open it', async () => {
  const path = join(folder, 'sealed.cassette');
  await new EncryptedFileStore(path, KEY).save(cassetteOf('a'));
  await failure(CassetteLoadError, () => new EncryptedFileStore(path, randomBytes(32)).load());
  assert.not.match(readFileSync(path, 'latin1'), 'api.example');
});

test.run();
