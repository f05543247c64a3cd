import * as assert from 'uvu/assert';
import { InteractionNotFoundError, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('JSON-RPC, whose ids count the calls of a run');

interface Call {
  readonly jsonrpc: '2.0';
  readonly id: number;
  readonly method: string;
  readonly params: readonly string[];
}

interface Answer {
  readonly id: number;
  readonly result: string;
}

const server = await loopback(async (request, response) => {
  let text = '';
  for await (const piece of request) {
    text += piece;
  }
  const answerTo = ({ id, params }: Call) => ({ jsonrpc: '2.0', id, result: `${params[0]} has ${id}` });
  const asked = JSON.parse(text) as Call | readonly Call[];
  const answer = Array.isArray(asked) ? asked.map(answerTo) : answerTo(asked as Call);
  if (request.url === '/events') {
    response.setHeader('content-type', 'text/event-stream');
    response.end(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
  } else {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  }
});
const { url } = server;

const call = (id: number, name: string): Call => ({ method: 'balance', params: [name], id, jsonrpc: '2.0' });

async function post(path: string, body: unknown): Promise<string> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.text();
}

/** Asks for each name, in this order, with ids from 1 on; the ids and results of the answers. */
async function ask(path: string, names: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const [index, name] of names.entries()) {
    const text = await post(path, call(index + 1, name));
    const { id, result } = JSON.parse(text.replace(/^event: message\ndata: /, '')) as Answer;
    answers.push(`${id}: ${result}`);
  }
  return answers;
}

const vary = ['body:$.id'];

for (const path of ['/', '/events']) {
  test(`an answer has the id of its request, also where the calls come in another order: ${path}`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    await withCassette({ store, mode: 'record' }, () => ask(path, ['ada', 'bob']));
    const answers = await withCassette({ store, mode: 'replay', vary }, () => ask(path, ['bob', 'ada']));
    assert.equal(answers, ['1: bob has 2', '2: ada has 1']);
  });
}

test('in a batch, each answer has the id of its call', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  await withCassette({ store, mode: 'record' }, () => post('/', [call(1, 'ada'), call(2, 'bob')]));
  const text = await withCassette({ store, mode: 'replay', vary: ['body:$[*].id'] }, () =>
    post('/', [call(7, 'ada'), call(8, 'bob')]),
  );
  const answers = JSON.parse(text) as Answer[];
  assert.equal(
    answers.map(({ id, result }) => [id, result]),
    [
      [7, 'ada has 1'],
      [8, 'bob has 2'],
    ],
  );
});

test('a path to any depth does not take a short value for the same', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  await withCassette({ store, mode: 'record' }, () => ask('/', ['ada']));
  const text = await withCassette({ store, mode: 'replay', vary: ['body:$..id'] }, () =>
    post('/', call(5, 'ada')),
  );
  assert.is((JSON.parse(text) as Answer).id, 1);
});

test('a MISS takes the recording of the same call for the nearest, not the one of the same id', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  await withCassette({ store, mode: 'record' }, () => ask('/', ['a', 'b']));
  let miss: unknown;
  await withCassette({ store, mode: 'replay' }, () => ask('/', ['b', 'a'])).catch((error: TypeError) => {
    miss = error.cause;
  });
  assert.instance(miss, InteractionNotFoundError);
  const { nearest, suggestion } = miss as InteractionNotFoundError;
  assert.equal(nearest[0]?.differences, [{ place: 'body.id', recorded: '2', actual: '1' }]);
  assert.is(suggestion, 'vary: ["body:$.id"]');
});

test.after(() => server.close());

test.run();
