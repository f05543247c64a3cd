import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('two users with a token each, in places that are redacted');

const TOKENS: Readonly<Record<string, string>> = { ada: 'q8Zk3LmWp2Xr7TvBd9Gh', bob: 'a1S2d3F4g5H6j7K8l9Zq' };

const server = await loopback((request, response) => {
  const [, kind, value = ''] = (request.url ?? '').split('/');
  const user = Object.keys(TOKENS).find((name) => TOKENS[name] === value);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(kind === 'login' ? { access_token: TOKENS[value] } : { user }));
});
const { url } = server;

/** Both log in; then they ask who they are, in this order. */
async function ask(order: readonly string[]): Promise<string[]> {
  const tokens: Record<string, string> = {};
  for (const name of ['ada', 'bob']) {
    const login = (await (await fetch(`${url}/login/${name}`)).json()) as { access_token: string };
    tokens[name] = login.access_token;
  }
  const users: string[] = [];
  for (const name of order) {
    const me = (await (await fetch(`${url}/me/${tokens[name]}`)).json()) as { user: string };
    users.push(me.user);
  }
  return users;
}

test('each gets the own answer, also in another order than the recorded one', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const order = ['ada', 'bob', 'ada'];
  assert.equal(await withCassette({ store, mode: 'record' }, () => ask(order)), order);
  await server.close();
  for (const other of [order, ['bob', 'ada'], ['bob', 'bob', 'ada']]) {
    assert.equal(await withCassette({ store, mode: 'replay' }, () => ask(other)), other);
  }
});

test.run();
