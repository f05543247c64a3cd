import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { CassetteLoadError, InvalidOptionError } from '../../src/index.js';
import { parseAddress, type S3Address } from '../../src/stores/addresses/address.js';
import { s3Store } from '../../src/stores/addresses/s3.js';
import { failure } from '../support/failure.js';
import { startS3 } from '../support/s3-server.js';
import { suite } from '../support/suite.js';

// "fetch failed: unknown scheme", "403 Forbidden" and "200 OK" say neither what is wrong nor where.
const test = suite('regression: S3 that is not set up right');

const address = parseAddress('s3://bucket-0/suite') as S3Address;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

function storeAt(env: NodeJS.ProcessEnv) {
  return s3Store(address, { createIfMissing: true, waitMs: 5000 }, { ...CREDENTIALS, ...env });
}

test('an endpoint that no request can be sent to is refused by its name, without its password', async () => {
  for (const name of ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    for (const endpoint of ['localhost:9000', 'minio', 'http://me:secret-word@localhost:9000']) {
      const { message } = await failure(InvalidOptionError, () => storeAt({ [name]: endpoint }));
      assert.match(message, `Invalid ${name}: `);
      assert.match(message, 'such as http://localhost:9000');
      assert.not.match(message, 'secret-word');
    }
  }
});

test('what the server refuses is told in its own word', async () => {
  const server = await startS3(1);
  try {
    const { endpoint } = server.options(0);
    for (const [env, word] of [
      [{ AWS_SECRET_ACCESS_KEY: 'wrong' }, '403 SignatureDoesNotMatch'],
      [{ AWS_ACCESS_KEY_ID: 'nobody' }, '403 InvalidAccessKeyId'],
    ] as const) {
      const store = await storeAt({ AWS_ENDPOINT_URL_S3: endpoint, ...env });
      const { message } = await failure(CassetteLoadError, () => store.load());
      assert.match(message, word);
    }
  } finally {
    await server.close();
  }
});

test('a server that does not speak S3 is told to be one', async () => {
  const server = createServer((_, response) => response.end('<h1>It works</h1>')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const store = await storeAt({
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    const { message } = await failure(CassetteLoadError, () => store.load());
    assert.match(message, 'its answer is no list of S3');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.run();
