import { AwsClient } from 'aws4fetch';
import { createStorage, prefixStorage } from 'unstorage';
import s3Driver from 'unstorage/drivers/s3';
import * as assert from 'uvu/assert';
import { CassetteLoadError, CassetteSaveError } from '../../../src/index.js';
import { s3Keys } from '../../../src/stores/key-value/s3-keys.js';
import { KeyValueCassetteStore, type OpenStorage } from '../../../src/stores/key-value/store.js';
import { failure } from '../../support/failure.js';
import { cassetteOf, namesIn } from '../../support/interactions.js';
import { startS3 } from '../../support/s3-server.js';
import { suite } from '../../support/suite.js';

const test = suite('KeyValueCassetteStore on S3');

const server = await startS3(3);

function storeIn(bucket: number, prefix: string, options = {}): KeyValueCassetteStore {
  const storage = createStorage({ driver: s3Driver({ ...server.options(bucket), ...options }) });
  return new KeyValueCassetteStore(prefixStorage(storage, prefix), { location: `s3://bucket/${prefix}` });
}

const NAMES = Array.from({ length: 1001 }, (_, index) => String(index));

/** With a list of keys that is whole. */
function openWhole(prefix: string): OpenStorage {
  const options = server.options(0);
  const client = new AwsClient({ ...options, service: 's3', retries: 0 });
  return () => ({
    ...prefixStorage(createStorage({ driver: s3Driver(options) }), prefix),
    getKeys: () => s3Keys((url) => client.fetch(url), `${options.endpoint}/${options.bucket}`, prefix),
  });
}

test('more than a thousand interactions are read whole, or not at all', async () => {
  await storeIn(0, 'suite/many').save(cassetteOf(...NAMES));
  const { message } = await failure(CassetteLoadError, () => storeIn(0, 'suite/many').load());
  assert.match(message, 'its driver lists only a part of the keys');
  for (const [prefix, name] of [
    ['suite', 'around it'],
    ['suite/many-more', 'beside it'],
  ] as const) {
    const store = new KeyValueCassetteStore(openWhole(prefix));
    await store.save(cassetteOf(name));
    assert.equal(namesIn(await store.load()), [name]);
  }
  assert.equal(namesIn(await new KeyValueCassetteStore(openWhole('suite/many')).load()), NAMES);
});

test('two cassettes in one bucket do not see each other', async () => {
  await storeIn(1, 'one').save(cassetteOf('a'));
  await storeIn(1, 'two').save(cassetteOf('b'));
  assert.equal(namesIn(await storeIn(1, 'one').load()), ['a']);
  assert.equal(namesIn(await storeIn(1, 'two').load()), ['b']);
});

test('a bucket that is not there is no cassette, and a save into it fails', async () => {
  const store = storeIn(2, 'suite', { bucket: 'nowhere' });
  await failure(CassetteLoadError, () => store.load());
  const { message } = await failure(CassetteSaveError, () => store.save(cassetteOf('a')));
  assert.match(message, 'does not give back what was written');
});

test('a key that is refused is an error, without what the server says of it', async () => {
  const store = storeIn(2, 'suite', { secretAccessKey: 'wrong-hunter2' });
  for (const [kind, work] of [
    [CassetteLoadError, () => store.load()],
    [CassetteSaveError, () => store.save(cassetteOf('a'))],
  ] as const) {
    const { message } = await failure<CassetteLoadError | CassetteSaveError>(kind, work);
    assert.match(message, /the cassette s3:\/\/bucket\/suite: .*403 Forbidden/);
    assert.not.match(message, 'hunter2');
    assert.not.match(message, '<');
  }
});

test.after(() => server.close());

test.run();
