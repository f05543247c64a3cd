import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  Interaction,
  InteractionNotFoundError,
  type InteractionRequest,
} from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('a function of the program that decides by more than the request');

const request: InteractionRequest = {
  protocol: 'http',
  action: 'GET',
  target: 'http://api.test/me',
  headers: [],
  body: new Uint8Array(),
};
const cassette = new Cassette([
  new Interaction({
    request,
    responseChunks: [{ data: Buffer.from('ada'), sequence: 0, metadata: [['status_code', '200']] }],
  }),
]);

let user = '';

async function ask(broker: Broker): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const { data } of broker.replay(request)) {
    pieces.push(data);
  }
  return Buffer.concat(pieces).toString();
}

const functions: Readonly<Record<string, BrokerOptions>> = {
  'match.custom': { match: { custom: () => user } },
  'match.url': { match: { url: () => user } },
  'match.body': { match: { body: () => user } },
  project: { project: () => user },
};

for (const [name, options] of Object.entries(functions)) {
  test(`${name} is asked for each request`, async () => {
    user = 'ada';
    const broker = new Broker(cassette, { mode: 'replay', ...options });
    assert.is(await ask(broker), 'ada');
    user = 'bob';
    const error = await ask(broker).then(
      (answer) => answer,
      (reason: unknown) => reason,
    );
    assert.instance(error, InteractionNotFoundError);
  });
}

test.run();
