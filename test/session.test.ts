import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { enterSession, isRootOfSession } from '../src/session.js';
import { suite } from './support/suite.js';
import { newFolder, recordedIn, runPreloaded, withApi } from './support/ways-in.js';

const test = suite('session');

test('a process that nobody started in a session is the root of its own', () => {
  assert.is(isRootOfSession(), true);
});

test('a replay begins no session', () => {
  const { id, lane, entry } = enterSession('/replayed.json', false);
  assert.equal({ id, lane, entry }, { id: '', lane: '1', entry: 0 });
  assert.is(process.env.INTERPOSITION_SESSION, undefined);
});

test('all recordings of a process are one session, which its children are told of', () => {
  const first = enterSession('/a.json', true);
  const second = enterSession('/b.json', true);
  assert.is(first.id, second.id);
  assert.match(first.id, /^\d{8}T\d{6}Z-[0-9a-f]{6}$/);
  assert.is(process.env.INTERPOSITION_SESSION, first.id);
});

test('each entry of a cassette is a lane of its own, counted by cassette', () => {
  const entries = [1, 2, 3].map(() => enterSession('/c.json', true));
  assert.equal(
    entries.map(({ lane, entry }) => [lane, entry]),
    [
      ['1', 0],
      ['2', 1],
      ['3', 2],
    ],
  );
  assert.is(enterSession('/d.json', true).entry, 0);
});

test('a process that was started in a session belongs to it, in a lane that no other has', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const env = { INTERPOSITION_MODE: 'record', INTERPOSITION_SESSION: 'the-session' };
    for (let child = 0; child < 3; child++) {
      const ended = await runPreloaded('get.mjs', [`${api.url}/count/a`, `${api.url}/count/a`], { cwd, env });
      // The root says that the cassette is new; its children need not repeat it.
      assert.is(ended.stderr, '');
    }
    const recorded = await recordedIn(join(cwd, '__cassettes__/default.json'));
    assert.equal(
      recorded.map(({ body }) => body),
      ['1', '2', '3', '4', '5', '6'],
    );
    assert.equal([...new Set(recorded.map(({ metadata }) => metadata.session))], ['the-session']);
    assert.is(new Set(recorded.map(({ metadata }) => metadata.lane)).size, 3);

    // A process that replays follows one story from its beginning to its end, and stays there.
    const urls = Array.from({ length: 4 }, () => `${api.url}/count/a`);
    const replayed = await runPreloaded('get.mjs', urls, { cwd });
    assert.is(replayed.stdout, '1\n2\n2\n2\n');
  });
});

test('two runs are two sessions', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    for (const path of ['/count/a', '/count/b']) {
      await runPreloaded('get.mjs', [api.url + path], { cwd, env: { INTERPOSITION_MODE: 'record' } });
    }
    const recorded = await recordedIn(join(cwd, '__cassettes__/default.json'));
    assert.is(new Set(recorded.map(({ metadata }) => metadata.session)).size, 2);
  });
});

test.run();
