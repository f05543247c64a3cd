import * as assert from 'uvu/assert';
import { loopback } from '../support/loopback.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('auto, after a log-in that was replayed');

const TOKEN = 'q8Zk3LmWp2Xr7TvBd9Gh';

const server = await loopback((request, response) => {
  response.setHeader('content-type', 'application/json');
  if (request.url === '/login') {
    response.setHeader('set-cookie', `session=${TOKEN}`);
    response.end(JSON.stringify({ access_token: TOKEN }));
  } else {
    const isKnown = [`Bearer ${TOKEN}`, `session=${TOKEN}`].includes(
      request.headers.authorization ?? request.headers.cookie ?? '',
    );
    response.statusCode = isKnown ? 200 : 401;
    response.end('{}');
  }
});
const { url } = server;

const project = new Project();
project.write(
  'app.mjs',
  `const login = await fetch('${url}/login');
  const { access_token: token } = await login.json();
  const headers = {
    authorization: { authorization: 'Bearer ' + token },
    cookie: { cookie: login.headers.getSetCookie()[0] },
  };
  for (const asked of process.argv.slice(2)) {
    const [path, header] = asked.split('#');
    const init = header === 'body' ? { method: 'POST', body: 'refresh_token=' + token } : { headers: headers[header] };
    const response = await fetch('${url}' + path.replace('TOKEN', token), init);
    await response.text();
    console.log(response.status);
  }`,
);

const warning = (path: string, place: string, method = 'GET') =>
  `interposition: ${method} ${url}${path} was sent with a placeholder in ${place}. It stands for a secret that the cassette ` +
  'does not hold, as in the answer of a log-in that was replayed. To record with the real value, have the program ' +
  'log in anew, with INTERPOSITION_MODE=record.\n';

async function run(mode: string, ...asked: string[]) {
  const env = { INTERPOSITION_CASSETTE: 'log-in.json' };
  const { code, stdout, stderr } = await project.interposition(
    [mode, '--', process.execPath, 'app.mjs', ...asked],
    { env },
  );
  assert.is(code, 0, stderr);
  return { stdout, stderr };
}

test('a request that is sent with the placeholder of the token is told of', async () => {
  const recorded = await run('record', '/me#authorization');
  assert.is(recorded.stdout, '200\n');
  assert.not.match(recorded.stderr, 'placeholder');
  const added = await run(
    'auto',
    '/me#authorization',
    '/orders#authorization',
    '/cart#cookie',
    '/body#body',
    '/in/TOKEN',
  );
  assert.is(added.stdout, '200\n401\n401\n401\n401\n');
  assert.ok(added.stderr.includes(warning('/body', 'its body', 'POST')), added.stderr);
  assert.match(added.stderr, /\/in\/REDACTED\w+ was sent with a placeholder in its URL/);
  assert.ok(added.stderr.includes(warning('/orders', 'the header "authorization"')), added.stderr);
  assert.ok(added.stderr.includes(warning('/cart', 'the header "cookie"')), added.stderr);
  assert.not.match(added.stderr, '/me');
  const missed = await project.interposition(
    ['replay', '--', process.execPath, 'app.mjs', '/unknown#cookie'],
    {
      env: { INTERPOSITION_CASSETTE: 'log-in.json' },
    },
  );
  assert.is(missed.code, 1);
  assert.match(missed.stderr, 'To record it, have the program log in anew, with INTERPOSITION_MODE=record:');
  assert.not.match(missed.stderr, 'INTERPOSITION_MODE=auto');
  const again = await run('record', '/me#authorization', '/orders#authorization', '/cart#cookie');
  assert.is(again.stdout, '200\n200\n200\n');
  assert.not.match(again.stderr, 'placeholder');
});

test.after(async () => {
  project.remove();
  await server.close();
});

test.run();
