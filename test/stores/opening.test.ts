import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  CassetteLoadError,
  type Interaction,
  InteractionNotFoundError,
  type InteractionRequest,
  JsonFileCassetteStore,
} from '../../src/index.js';
import { failure } from '../support/failure.js';
import { bytes, interaction, named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('a cassette is opened without a look into its bodies');

const binary = interaction({ target: 'http://api.example/binary', answer: Uint8Array.of(0) });
const post = interaction({ action: 'POST', target: 'http://api.example/search', body: Uint8Array.of(0) });

/** A file with these interactions, in which something was edited. */
async function edited(interactions: readonly Interaction[], from: string, to: string): Promise<string> {
  const file = join(tempFolder(), 'cassette.json');
  await new JsonFileCassetteStore(file, { createIfMissing: true }).save(new Cassette(interactions));
  const text = readFileSync(file, 'utf8');
  assert.match(text, from);
  writeFileSync(file, text.replace(from, to));
  return file;
}

function open(file: string, options: BrokerOptions = {}): Promise<Broker> {
  return Broker.fromStore(new JsonFileCassetteStore(file), { match: {}, playback: 'sequence', ...options });
}

const asking = (name: string): InteractionRequest => named(name).request;

const answerOf = (found: Interaction | undefined) =>
  found && Buffer.concat(found.responseChunks.map(({ data }) => data)).toString();

async function problemOf(work: () => unknown): Promise<string> {
  return (await failure(CassetteLoadError, work)).message;
}

for (const [what, to] of [
  ['base64 that is none', '{ "base64": "***" }'],
  ['an encoding that nobody knows', '{ "text": "x", "encoding": "rot13" }'],
  ['lines that are numbers', '{ "text": [1, 2] }'],
  ['JSON in an unknown style', '{ "json": {}, "style": "ugly" }'],
  ['a charset that nobody knows', '{ "text": "x", "charset": "koi8-r" }'],
] as const) {
  test(`a response with ${what} is an error of its own HIT, and of no other`, async () => {
    const file = await edited([named('a'), binary, named('c')], '{ "base64": "AA==" }', to);
    const broker = await open(file);
    assert.is(answerOf(broker.lookup(asking('a'))), 'answer to a');
    assert.is(answerOf(broker.lookup(asking('c'))), 'answer to c');
    const hit = broker.lookup(binary.request);
    assert.match(await problemOf(() => hit?.responseChunks), `${file}: interaction 2 of 3: `);
    assert.is(broker.lookup(asking('d')), undefined, 'a MISS is a MISS');
  });
}

test('a request body that cannot be read is an error of the look-ups that it may answer', async () => {
  const file = await edited([named('a'), post, named('c')], '{ "base64": "AA==" }', '{ "base64": "***" }');
  const broker = await open(file);
  assert.is(answerOf(broker.lookup(asking('c'))), 'answer to c');
  const other = { ...post.request, body: bytes('another') };
  for (const request of [post.request, other, asking('never recorded')]) {
    assert.match(await problemOf(() => broker.lookup(request)), 'interaction 2 of 3: "base64" is not base64');
  }
  assert.is(answerOf(broker.lookup(asking('a'))), 'answer to a');
  assert.match(await problemOf(() => broker.unused), 'interaction 2 of 3');
});

test('a fingerprint that is not true gives no answer, neither to the old request nor to the edited one', async () => {
  const file = await edited([named('a'), named('b')], 'http://api.example/b', 'http://api.example/edited');
  const broker = await open(file);
  assert.is(answerOf(broker.lookup(asking('a'))), 'answer to a');
  for (const name of ['b', 'edited', 'b']) {
    const message = await problemOf(() => broker.lookup(asking(name)));
    assert.match(message, `${file}: interaction 2 of 2: `);
    assert.match(message, 'delete the fingerprint');
  }
});

test('an edited request without its fingerprint answers, and the old one is a MISS', async () => {
  const file = await edited([named('a'), named('b')], 'http://api.example/b', 'http://api.example/edited');
  writeFileSync(file, readFileSync(file, 'utf8').replace(`"${named('b').fingerprint}"`, 'null'));
  writeFileSync(file, readFileSync(file, 'utf8').replace(/\n *"fingerprint": null,/, ''));
  const broker = await open(file);
  assert.is(broker.lookup(asking('b')), undefined);
  await failure(InteractionNotFoundError, () => {
    throw broker.notFound(asking('b'));
  });
  assert.is(answerOf(broker.lookup(asking('edited'))), 'answer to b');
  assert.is(broker.cassette.find(named('b').fingerprint), undefined);
  assert.is(answerOf(broker.cassette.find(named('edited').fingerprint)), 'answer to b');
});

test('a refresh of a cassette with a wrong fingerprint loses nothing, and says that nothing was dropped', async () => {
  const file = await edited([named('a'), named('b')], 'http://api.example/b', 'http://api.example/edited');
  const warnings: string[] = [];
  const broker = await open(file, {
    mode: 'record',
    liveResponder: async function* () {
      yield { data: bytes('fresh'), sequence: 0, metadata: [['status_code', '200']] };
    },
    observer: { warning: (message) => warnings.push(message) },
  });
  for await (const _ of broker.replay(asking('a'))) {
  }
  await broker.close();
  assert.is(warnings.length, 1);
  assert.match(warnings[0] as string, 'interaction 2 of 2');
  const replay = await open(file);
  assert.is(answerOf(replay.lookup(asking('a'))), 'fresh');
  assert.is(replay.cassette.size, 3);
});

test('interactions that nobody has asked for come through an append as they were', async () => {
  const file = await edited([named('a'), binary], '{ "base64": "AA==" }', '{ "base64": "***" }');
  const before = readFileSync(file, 'utf8');
  const store = new JsonFileCassetteStore(file);
  await store.save((await store.load()).append(named('c')));
  assert.ok(
    readFileSync(file, 'utf8').startsWith(before.slice(0, before.lastIndexOf('}', before.length - 8))),
  );
  assert.equal(namesIn(await new JsonFileCassetteStore(file).load()), ['a', 'binary', 'c']);
});

test.run();
