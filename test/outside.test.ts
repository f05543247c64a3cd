import * as assert from 'uvu/assert';
import { libraryUrl, registerUrl } from './support/paths.js';
import { suite } from './support/suite.js';
import { type Api, newFolder, type RunOptions, run, runWithLibrary, withApi } from './support/ways-in.js';

const test = suite('outside every scope');

interface Refused {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

type Step = { readonly do: string; readonly [setting: string]: unknown };

/** What each step gave; an error's name in the place of an error. */
async function told(steps: readonly Step[], options: RunOptions = {}): Promise<unknown[]> {
  const { answer } = await runWithLibrary<unknown[]>('outside.mjs', { steps }, options);
  return answer.map((one) => (one as Refused).name ?? one);
}

const scope = ({ url }: Api, options: object = {}): Step => ({
  do: 'scope',
  options: { name: 'one', mode: 'record', ...options },
  url: `${url}/count/in`,
});
const ask = ({ url }: Api, by?: 'client' | 'get'): Step => ({
  do: 'ask',
  url: `${url}/count/out`,
  ...(by && { by }),
});

test('where nothing is said, requests outside of scopes go live and are left alone', async () => {
  await withApi(async (api) => {
    assert.equal(await told([scope(api), ask(api), ask(api, 'client')]), ['1', '1', '2']);
  });
});

test('"error" in a scope holds from then on, and nothing is sent', async () => {
  await withApi(async (api) => {
    const steps = [
      ask(api),
      scope(api, { outside: 'error' }),
      ask(api),
      ask(api, 'client'),
      ask(api, 'get'),
      scope(api),
      ask(api),
    ];
    const refused = 'RequestOutsideScopeError';
    assert.equal(await told(steps), ['1', '1', refused, refused, refused, '2', refused]);
    assert.is(api.count('/count/out'), 1);
  });
});

test('the error has a code, names the request without its secrets, and says what to do', async () => {
  await withApi(async (api) => {
    const steps = [
      scope(api, { outside: 'error' }),
      { do: 'ask', url: `${api.url}/count/out?api_key=s3cr3t-k3y` },
    ];
    const { answer } = await runWithLibrary<Refused[]>('outside.mjs', { steps });
    const { code, message } = answer[1] as Refused;
    assert.is(code, 'ERR_REQUEST_OUTSIDE_SCOPE');
    assert.ok(message.startsWith(`GET ${api.url}/count/out?api_key=REDACTED was stopped`), message);
    assert.match(message, /outside every scope.*withCassette\(\).*"passthrough"/);
  });
});

test('what the scope’s "passthrough" names may go', async () => {
  await withApi(async (api) => {
    const steps = [
      scope(api, { outside: 'error', passthrough: `${api.url}/count/out` }),
      ask(api),
      ask(api, 'client'),
    ];
    assert.equal(await told(steps), ['1', '1', '2']);
  });
});

test('an installation answers what is outside scopes, whatever a scope has said', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const steps = [
      scope(api, { outside: 'error' }),
      { do: 'install', mode: 'record', options: { cassette: 'all.json' } },
      ask(api),
      { do: 'uninstall' },
      ask(api),
    ];
    const counts = { hits: 0, misses: 1, passedThrough: 0 };
    assert.equal(await told(steps, { cwd }), ['1', 'installed', '1', counts, 'RequestOutsideScopeError']);
  });
});

test('an installation that says "error" answers nothing and needs no cassette; scopes work under it', async () => {
  await withApi(async (api) => {
    const steps = [
      { do: 'install', mode: 'replay', options: { outside: 'error', passthrough: `${api.url}/health` } },
      ask(api),
      ask(api, 'client'),
      { do: 'ask', url: `${api.url}/health` },
      scope(api),
      { do: 'uninstall' },
      ask(api),
    ];
    const refused = 'RequestOutsideScopeError';
    const counts = { hits: 0, misses: 0, passedThrough: 1 };
    assert.equal(await told(steps), ['installed', refused, refused, '1', '1', counts, '1']);
  });
});

test('an installation that says "pass" leaves everything alone; scopes work under it', async () => {
  await withApi(async (api) => {
    const steps = [
      { do: 'install', mode: 'replay', options: { outside: 'pass' } },
      ask(api),
      ask(api, 'client'),
      scope(api),
      { do: 'uninstall' },
    ];
    assert.equal(await told(steps), ['installed', '1', '2', '1', { hits: 0, misses: 0, passedThrough: 2 }]);
  });
});

test('the preload takes it from the environment, and a scope of the program is answered', async () => {
  await withApi(async (api) => {
    const settings = JSON.stringify({
      library: libraryUrl,
      steps: [ask(api), ask(api, 'client'), scope(api)],
    });
    const { stdout, stderr } = await run('outside.mjs', [settings], {
      node: ['--import', registerUrl],
      env: { INTERPOSITION_OPTIONS: '{"outside":"error"}' },
    });
    const answers = JSON.parse(stdout) as unknown[];
    assert.equal(
      answers.map((answer) => (answer as Refused).code ?? answer),
      ['ERR_REQUEST_OUTSIDE_SCOPE', 'ERR_REQUEST_OUTSIDE_SCOPE', '1'],
      stderr,
    );
    assert.is(api.count('/count/out'), 0);
  });
});

test.run();
