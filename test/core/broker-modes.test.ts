import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerMode,
  type BrokerOptions,
  Cassette,
  type CassetteStore,
  InteractionNotFoundError,
  InteractionValidationError,
  InterpositionError,
  InvalidOptionError,
  LiveResponderRequiredError,
  type Playback,
} from '../../src/index.js';
import { suite } from '../support/suite.js';
import {
  answering,
  ask,
  bytes,
  cassetteOf,
  interaction,
  iteratorOf,
  request,
  sessionOf,
  TestStore,
  thrownBy,
} from './harness.js';

const test = suite('broker modes');

interface Row {
  readonly mode: BrokerMode;
  readonly recorded: boolean;
  readonly gives: string;
  readonly live: number;
  readonly saves: number;
  readonly size: number;
  readonly stats: string;
}

const TABLE: readonly Row[] = [
  { mode: 'replay', recorded: true, gives: 'recorded', live: 0, saves: 0, size: 1, stats: '1 hit' },
  { mode: 'replay', recorded: false, gives: 'not found', live: 0, saves: 0, size: 0, stats: '1 miss' },
  { mode: 'auto', recorded: true, gives: 'recorded', live: 0, saves: 0, size: 1, stats: '1 hit' },
  { mode: 'auto', recorded: false, gives: 'live', live: 1, saves: 1, size: 1, stats: '1 miss, recorded' },
  { mode: 'record', recorded: true, gives: 'live', live: 1, saves: 1, size: 2, stats: '1 miss, recorded' },
  { mode: 'record', recorded: false, gives: 'live', live: 1, saves: 1, size: 1, stats: '1 miss, recorded' },
];

const STATS: Readonly<Record<string, object>> = {
  '1 hit': { hits: 1, misses: 0, recorded: 0, passedThrough: 0 },
  '1 miss': { hits: 0, misses: 1, recorded: 0, passedThrough: 0 },
  '1 miss, recorded': { hits: 0, misses: 1, recorded: 1, passedThrough: 0 },
};

for (const playback of ['first', 'sequence'] as const satisfies readonly Playback[]) {
  for (const { mode, recorded, gives, live, saves, size, stats } of TABLE) {
    test(`${mode}, ${recorded ? 'HIT' : 'MISS'}, playback ${playback}: ${gives}`, async () => {
      const store = new TestStore(recorded ? cassetteOf(interaction(request(), ['recorded'])) : undefined);
      const liveResponder = answering('live');
      const outcomes: string[] = [];
      const broker = await Broker.fromStore(store, {
        mode,
        playback,
        liveResponder,
        session: sessionOf('now'),
        observer: { lookup: (outcome, { target }) => outcomes.push(`${outcome} ${target}`) },
      });
      if (gives === 'not found') {
        assert.instance(await thrownBy(() => ask(broker)), InteractionNotFoundError);
      } else {
        assert.is(await ask(broker), gives);
      }
      assert.is(liveResponder.requests.length, live);
      assert.is(store.saves.length, saves);
      assert.is(broker.cassette.size, size);
      assert.is(store.stored.size, size);
      assert.equal(broker.stats, STATS[stats]);
      const outcome = stats === '1 hit' ? 'HIT' : 'MISS';
      assert.equal(outcomes, [`${outcome} ${request().target}`]);
    });
  }
}

test('what auto recorded is a HIT afterwards', async () => {
  const liveResponder = answering('live', 'again');
  const broker = new Broker(new Cassette(), { mode: 'auto', liveResponder });
  assert.is(await ask(broker), 'live');
  assert.is(await ask(broker), 'live');
  assert.is(liveResponder.requests.length, 1);
});

test('what is recorded says when, in which session and lane, and how it ended', async () => {
  const broker = new Broker(new Cassette(), {
    mode: 'record',
    liveResponder: answering('live'),
    session: sessionOf('session 7', 'lane 3'),
  });
  await ask(broker);
  const metadata = new Map(broker.cassette.interactions[0]?.metadata);
  assert.is(metadata.get('session'), 'session 7');
  assert.is(metadata.get('lane'), 'lane 3');
  assert.is(metadata.get('ended'), 'whole');
  assert.match(metadata.get('recorded_at') as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('a Broker is in replay where no mode is given', async () => {
  assert.is(new Broker(new Cassette()).mode, 'replay');
  assert.is((await Broker.fromStore(new TestStore())).mode, 'replay');
});

test('has what it was made of', async () => {
  const store = new TestStore(cassetteOf(interaction(request(), ['1'])));
  const liveResponder = answering('live');
  const broker = await Broker.fromStore(store, { mode: 'auto', liveResponder });
  assert.is(broker.cassette, store.stored);
  assert.is(broker.mode, 'auto');
  assert.is(broker.liveResponder, liveResponder);
  assert.is(broker.cassetteStore, store);
  assert.is(broker.location, store.location);
});

test('the mode never changes', async () => {
  const liveResponder = answering('live');
  const options = { mode: 'replay' as BrokerMode, liveResponder };
  const broker = new Broker(new Cassette(), options);
  options.mode = 'record';
  try {
    (broker as { mode: BrokerMode }).mode = 'record';
  } catch (error) {
    assert.instance(error, TypeError);
  }
  assert.is(broker.mode, 'replay');
  assert.instance(await thrownBy(() => ask(broker)), InteractionNotFoundError);
  assert.is(liveResponder.requests.length, 0);
});

test('a live responder that is there is never called in replay', async () => {
  const liveResponder = answering('live');
  const broker = new Broker(cassetteOf(interaction(request(), ['recorded'])), { liveResponder });
  assert.is(await ask(broker), 'recorded');
  await thrownBy(() => ask(broker, request({ target: '/other' })));
  assert.is(liveResponder.requests.length, 0);
});

for (const mode of ['Record', '', 'live', null, 1] as unknown[]) {
  test(`an unknown mode: ${JSON.stringify(mode)}`, async () => {
    const store = new TestStore();
    const options = { mode, modeSource: 'the test', liveResponder: answering('live') } as BrokerOptions;
    for (const make of [() => new Broker(new Cassette(), options), () => Broker.fromStore(store, options)]) {
      const error = (await thrownBy(make)) as InvalidOptionError;
      assert.instance(error, InvalidOptionError);
      assert.instance(error, InterpositionError);
      assert.is(error.name, 'InvalidOptionError');
      assert.is(error.code, 'ERR_INVALID_OPTION');
      assert.is(error.option, 'mode');
      for (const part of [JSON.stringify(mode), 'the test', '"replay"', '"record"', '"auto"']) {
        assert.ok(error.message.includes(part), `${part} in: ${error.message}`);
      }
    }
    assert.is(store.loads, 0);
  });
}

test('an unknown playback', async () => {
  const store = new TestStore();
  const options = { playback: 'last' } as unknown as BrokerOptions;
  for (const make of [() => new Broker(new Cassette(), options), () => Broker.fromStore(store, options)]) {
    const error = (await thrownBy(make)) as InvalidOptionError;
    assert.instance(error, InvalidOptionError);
    assert.is(error.option, 'playback');
    assert.match(error.message, '"last"');
  }
  assert.is(store.loads, 0);
});

for (const [option, value] of [
  ['readAhead', -1],
  ['readAhead', Number.NaN],
  ['readAhead', '1 MiB'],
  ['storeWait', -1],
  ['storeWait', Number.NaN],
] as const) {
  test(`an unusable option: ${option} ${value}`, async () => {
    const store = new TestStore();
    const options = { [option]: value } as BrokerOptions;
    for (const make of [() => new Broker(new Cassette(), options), () => Broker.fromStore(store, options)]) {
      const error = (await thrownBy(make)) as InvalidOptionError;
      assert.instance(error, InvalidOptionError);
      assert.is(error.option, option);
    }
    assert.is(store.loads, 0);
  });
}

for (const mode of ['record', 'auto'] as const) {
  test(`${mode} without a live responder: the constructor throws, fromStore before it loads`, async () => {
    const store = new TestStore();
    for (const make of [
      () => new Broker(new Cassette(), { mode }),
      () => Broker.fromStore(store, { mode }),
    ]) {
      const error = (await thrownBy(make)) as LiveResponderRequiredError;
      assert.instance(error, LiveResponderRequiredError);
      assert.instance(error, InterpositionError);
      assert.is(error.name, 'LiveResponderRequiredError');
      assert.is(error.code, 'ERR_LIVE_RESPONDER_REQUIRED');
      assert.is(error.mode, mode);
      assert.match(error.message, `"${mode}"`);
      assert.match(error.message, 'liveResponder');
    }
    assert.is(store.loads, 0);
  });
}

test('fromStore rejects; it does not throw', () => {
  const rejection = Broker.fromStore(new TestStore(), { mode: 'record' });
  assert.instance(rejection, Promise);
  return rejection.then(
    () => assert.unreachable('it was made'),
    (error) => assert.instance(error, LiveResponderRequiredError),
  );
});

test('fromStore leaves the decision about missing storage to the store', async () => {
  const strict: CassetteStore = {
    load: () => Promise.reject(new InvalidOptionError('store', 'mine.')),
    save: () => Promise.resolve(),
  };
  const error = await thrownBy(() =>
    Broker.fromStore(strict, { mode: 'record', liveResponder: answering('live') }),
  );
  assert.instance(error, InvalidOptionError);
});

test('without a store nothing is persisted, and that is no error', async () => {
  const broker = new Broker(new Cassette(), { mode: 'record', liveResponder: answering('live') });
  assert.is(await ask(broker), 'live');
  await broker.close();
  broker.closeSync();
  assert.is(broker.cassette.size, 1);
  assert.is(broker.location, undefined);
});

const MALFORMED: readonly (readonly [field: string, fields: object])[] = [
  ['request.body', { body: 'text' }],
  ['request.headers', { headers: { accept: '*/*' } }],
  ['request.target', { target: undefined }],
];

for (const mode of ['replay', 'record', 'auto'] as const) {
  for (const [field, fields] of MALFORMED) {
    test(`${mode}: a malformed ${field} is refused before anything is sent`, async () => {
      const liveResponder = answering('live');
      const broker = new Broker(new Cassette(), { mode, liveResponder });
      const error = (await thrownBy(() => ask(broker, { ...request(), ...fields }))) as {
        field?: string;
      };
      assert.instance(error, InteractionValidationError);
      assert.is(error.field, field);
      assert.is(liveResponder.requests.length, 0);
    });
  }
}

test('a MISS in replay arrives when the answer is read', async () => {
  const answer = new Broker(new Cassette()).replay(request());
  assert.instance(await thrownBy(() => iteratorOf(answer).next()), InteractionNotFoundError);
});

test('a MISS names the request, the cassette, the mode, where it was set, and what the cassette holds', async () => {
  const target = 'https://api.example.com/users?page=2';
  const store = new TestStore(
    cassetteOf(
      interaction(request({ action: 'POST', target, body: bytes('one') }), ['1']),
      interaction(request({ action: 'POST', target, body: bytes('two') }), ['2']),
      interaction(request({ action: 'GET', target }), ['3']),
    ),
  );
  const broker = await Broker.fromStore(store, { modeSource: 'INTERPOSITION_MODE' });
  const asked = request({
    action: 'POST',
    target,
    headers: [['authorization', 'Bearer s3cr3t']],
    body: bytes('third'),
  });
  const error = (await thrownBy(() => ask(broker, asked))) as InteractionNotFoundError;
  assert.instance(error, InteractionNotFoundError);
  assert.instance(error, InterpositionError);
  assert.is(error.name, 'InteractionNotFoundError');
  assert.is(error.code, 'ERR_INTERACTION_NOT_FOUND');
  assert.equal(error.request, { ...asked, headers: [['authorization', 'Bearer REDACTED']] });
  assert.is(error.location, store.location);
  assert.is(error.mode, 'replay');
  const parts = ['MISS', 'POST', target, '5 bytes', store.location, 'holds 3 interactions'];
  for (const part of [...parts, 'mode is replay', 'INTERPOSITION_MODE', '=record']) {
    assert.ok(error.message.includes(part), `${part} in: ${error.message}`);
  }
  assert.not.match(error.message, 's3cr3t');
});

test('a MISS that differs in its headers alone does not blame the body', async () => {
  const known = interaction(request({ headers: [['accept', 'text/plain']] }), ['1']);
  const error = (await thrownBy(() => ask(new Broker(cassetteOf(known))))) as Error;
  assert.match(error.message, 'header.accept');
  assert.not.match(error.message, 'body');
});

test('matching is a policy: requests that it maps to one string match, and nothing else counts', async () => {
  const known = interaction(request({ headers: [['traceparent', '1']] }), ['recorded']);
  const broker = new Broker(cassetteOf(known), { project: ({ action, target }) => `${action} ${target}` });
  assert.is(await ask(broker, request({ headers: [['traceparent', '2']] })), 'recorded');
  const miss = await thrownBy(() => ask(broker, request({ action: 'PUT' })));
  assert.instance(miss, InteractionNotFoundError);
});

test('what is stored is the request that was sent, whatever the policy', async () => {
  const broker = new Broker(new Cassette(), {
    mode: 'record',
    liveResponder: answering('live'),
    project: () => 'all the same',
  });
  const asked = request({ headers: [['traceparent', '1']], body: bytes('hi') });
  await ask(broker, asked);
  assert.equal(broker.cassette.interactions[0]?.request, asked);
});

test.run();
