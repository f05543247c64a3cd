import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  bindScope,
  CassetteLoadError,
  InvalidOptionError,
  openCassette,
  withCassette,
} from '../src/index.js';
import { failure } from './support/failure.js';
import { suite } from './support/suite.js';
import { tempFolder } from './support/temp-folder.js';
import { deferred, recordedIn, textOf, withApi } from './support/ways-in.js';

const test = suite('openCassette and bindScope');
process.chdir(tempFolder());

async function paths(name: string): Promise<string[]> {
  const file = join('__cassettes__', `${name}.json`);
  return existsSync(file) ? (await recordedIn(file)).map(({ target }) => new URL(target).pathname) : [];
}

test('it covers what its caller asks until it is closed, and is replayed', async () => {
  await withApi(async (api) => {
    const run = async () => {
      await textOf(`${api.url}/before`);
      const cassette = await openCassette('hook');
      const answer = await textOf(`${api.url}/inside`);
      await cassette.close();
      await textOf(`${api.url}/after`);
      return answer;
    };
    assert.is(await run(), '1');
    assert.equal(await paths('hook'), ['/inside']);
    assert.is(await run(), '1');
    assert.is(api.count('/inside'), 1);
    assert.is(api.count('/before'), 2);
    assert.is(api.count('/after'), 2);
  });
});

test('whoever called a hook is not in its scope when the hook is over', async () => {
  await withApi(async (api) => {
    const hook = async () => {
      const cassette = await openCassette('hook-alone');
      await textOf(`${api.url}/hook`);
      await cassette.close();
    };
    const runner = async () => {
      await hook();
      await textOf(`${api.url}/runner`);
    };
    await runner();
    assert.equal(await paths('hook-alone'), ['/hook']);
  });
});

test('what runs beside it is not in its scope', async () => {
  await withApi(async (api) => {
    const opened = deferred();
    const beside = opened.promise.then(() => textOf(`${api.url}/beside`));
    await (async () => {
      const cassette = await openCassette('beside');
      opened.resolve();
      await textOf(`${api.url}/inside`);
      await beside;
      await cassette.close();
    })();
    assert.equal(await paths('beside'), ['/inside']);
  });
});

test('inside another scope it answers, and after it that scope does', async () => {
  await withApi(async (api) => {
    await withCassette('outer', async () => {
      const cassette = await openCassette('inner');
      await textOf(`${api.url}/inner`);
      await cassette.close();
      await textOf(`${api.url}/outer`);
    });
    assert.equal(await paths('inner'), ['/inner']);
    assert.equal(await paths('outer'), ['/outer']);
  });
});

test('it closes itself where it is disposed of, and once', async () => {
  await withApi(async (api) => {
    const cassette = await openCassette('disposed');
    await textOf(`${api.url}/inside`);
    const closed = cassette[Symbol.asyncDispose]();
    assert.is(cassette.close(), closed);
    await closed;
    await textOf(`${api.url}/after`);
    assert.equal(await paths('disposed'), ['/inside']);
  });
});

test('where it cannot be opened, nothing is in a scope', async () => {
  await withApi(async (api) => {
    const missing = await failure(CassetteLoadError, () => openCassette('missing', { mode: 'replay' }));
    assert.match(missing.message, 'missing.json');
    await failure(InvalidOptionError, () => openCassette(''));
    await failure(InvalidOptionError, () => openCassette('one', { cassette: 'two.json' } as object));
    assert.is(await textOf(`${api.url}/after`), '1');
  });
});

test('a bound function belongs to the scope that it was bound in, whoever calls it', async () => {
  await withApi(async (api) => {
    const queue: (() => Promise<string>)[] = [];
    const enqueue = (path: string) => queue.push(bindScope(() => textOf(api.url + path)));
    const enqueued = deferred();
    const both = deferred();
    const first = withCassette('bound-one', async () => {
      enqueue('/one');
      enqueued.resolve();
      await both.promise;
    });
    await enqueued.promise;
    await withCassette('bound-two', async () => {
      enqueue('/two');
      await Promise.all(queue.map((send) => send()));
    });
    both.resolve();
    await first;
    assert.equal(await paths('bound-one'), ['/one']);
    assert.equal(await paths('bound-two'), ['/two']);
  });
});

test('a function that is bound outside every scope is outside wherever it is called', async () => {
  await withApi(async (api) => {
    const outside = bindScope(() => textOf(`${api.url}/outside`));
    await withCassette('caller', async () => {
      await outside();
      await textOf(`${api.url}/inside`);
    });
    assert.equal(await paths('caller'), ['/inside']);
  });
});

test('a bound function gets its arguments and its this, and gives its result', () => {
  const counter = {
    start: 1,
    add: bindScope(function (this: { start: number }, one: number, other: number) {
      return this.start + one + other;
    }),
  };
  assert.is(counter.add(2, 3), 6);
});

test.run();
