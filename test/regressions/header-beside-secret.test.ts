import * as assert from 'uvu/assert';
import { Broker, Cassette, type InteractionRequest } from '../../src/index.js';
import { bytes, interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';

// Of requests that held a secret, those that differed in a header alone were answered with each other's recordings.
const test = suite('regression: a header that counts, in requests with a secret');

function asking(accept: string): InteractionRequest {
  return {
    protocol: 'http',
    action: 'POST',
    target: 'http://api.example/login',
    headers: [['accept', accept]],
    body: bytes('{"password":"hunter2"}'),
  };
}

function recorded(accept: string) {
  const { headers, action, target } = asking(accept);
  return interaction({ action, target, headers, body: '{"password":"REDACTED"}', answer: accept });
}

test('each is answered with its own', () => {
  const broker = new Broker(new Cassette(['text/xml', 'text/html', 'text/csv'].map(recorded)), { match: {} });
  for (const accept of ['text/csv', 'text/xml', 'text/html', 'text/csv']) {
    assert.is(Buffer.from(broker.lookup(asking(accept))?.responseChunks[0]?.data ?? []).toString(), accept);
  }
});

test.run();
