import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, write } from './cassettes.js';

const test = suite('the command: serve');
const project = new Project();
const running = new Set<ChildProcess>();
test.after(() => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
  project.remove();
});

/** Serves a cassette while `use` runs; then ends it with SIGTERM. Gives its exit code and what it said on stderr. */
async function served(args: readonly string[], use: (url: string) => Promise<void>) {
  const child = spawn(project.path('node_modules/.bin/interposition'), ['serve', '--port', '0', ...args], {
    cwd: project.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said: string[] = [];
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  const ended = once(child, 'close');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  await use(/^(http:\/\/\S+) answers/.exec(line.toString())?.[1] as string);
  child.kill('SIGTERM');
  const [code] = (await ended) as [number];
  running.delete(child);
  return { code, stderr: said.join('') };
}

test('a program that knows nothing of the library gets the recorded answer, and a MISS that explains itself', async () => {
  const file = await write(project, 'one.json', made({ body: '{"id":7}', headers: [['x-limit', '9']] }));
  const { code, stderr } = await served([file], async (url) => {
    const hit = await fetch(`${url}/users/7`);
    assert.equal([hit.status, hit.headers.get('x-limit'), await hit.json()], [200, '9', { id: 7 }]);
    const miss = await fetch(`${url}/users/8`);
    assert.is(miss.status, 502);
    assert.is(miss.headers.get('x-interposition'), 'not recorded');
    assert.match(await miss.text(), 'GET https://api.example.com/users/8');
  });
  assert.is(code, 0);
  assert.match(stderr, 'HIT GET https://api.example.com/users/7\nMISS GET https://api.example.com/users/8\n');
});

test('a request of no known origin is told of without its secrets', async () => {
  const file = await write(
    project,
    'origins.json',
    made({ target: 'http://a.example/x', body: 'a' }),
    made({ target: 'http://b.example/x', body: 'b' }),
  );
  const { stderr } = await served([file], async (url) => {
    await (await fetch(`${url}/x?password=hunter2`)).text();
  });
  assert.match(stderr, 'ERROR GET /x?password=REDACTED: of which origin?');
});

test('several origins: the host header, a proxy’s request line, or --origin tells which', async () => {
  const file = await write(
    project,
    'several.json',
    made({ target: 'https://a.example/x', body: '"a"' }),
    made({ target: 'http://b.example/x', body: '"b"' }),
  );
  const ask = async (url: string, path: string, headers = {}) => {
    const { port } = new URL(url);
    const [response] = await once(get({ port, path, headers }), 'response');
    return [response.statusCode, (await response.toArray()).join('')];
  };
  await served([file], async (url) => {
    assert.equal(await ask(url, '/x', { host: 'a.example' }), [200, '"a"']);
    assert.equal(await ask(url, 'http://b.example/x'), [200, '"b"']);
    const [status, text] = await ask(url, '/x');
    assert.is(status, 421);
    assert.match(text, 'https://a.example, http://b.example. Name one with --origin');
  });
  await served([file, '--origin', 'http://b.example'], async (url) => {
    assert.equal(await ask(url, '/x'), [200, '"b"']);
  });
});

test('repeats come in their order; a recording that was cut off ends with the connection', async () => {
  const file = await write(
    project,
    'story.json',
    made({ body: '1' }),
    made({ body: '2' }),
    made({ target: 'https://api.example.com/cut', body: 'half', metadata: [['ended', 'truncated']] }),
  );
  await served([file], async (url) => {
    const texts = [];
    for (let n = 0; n < 3; n++) {
      texts.push(await (await fetch(`${url}/users/7`)).text());
    }
    assert.equal(texts, ['1', '2', '2']);
    const cut = await fetch(`${url}/cut`);
    await cut.text().then(
      () => assert.unreachable('it was cut off'),
      () => {},
    );
  });
});

test('with --cors a page of another origin may ask: its preflight is answered', async () => {
  const file = await write(
    project,
    'cors.json',
    made({ body: '1', headers: [['access-control-allow-origin', 'https://other']] }),
  );
  await served([file, '--cors'], async (url) => {
    const origin = 'http://localhost:5173';
    const preflight = await fetch(`${url}/users/7`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-one' },
    });
    assert.equal([preflight.status, preflight.headers.get('access-control-allow-headers')], [204, 'x-one']);
    const answer = await fetch(`${url}/users/7`, { headers: { origin } });
    assert.is(answer.headers.get('access-control-allow-origin'), origin);
  });
});

test('a connection that never finishes its request does not keep the server from answering, or from ending', async () => {
  const file = await write(project, 'slow.json', made({ body: '1' }));
  const sockets: Socket[] = [];
  const { code } = await served([file], async (url) => {
    for (let n = 0; n < 200; n++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write('GET /users/7 HTTP/1.1\r\nx-slow: ');
      sockets.push(socket);
    }
    assert.is((await fetch(`${url}/users/7`)).status, 200);
  });
  assert.is(code, 0);
  for (const socket of sockets) {
    socket.destroy();
  }
});

test('thousands of requests in flight are all answered', async () => {
  const file = await write(project, 'many.json', made({ action: 'POST', requestBody: 'ok', body: '1' }));
  await served([file], async (url) => {
    const open = Array.from({ length: 10_000 }, (_, n) => n);
    let answered = 0;
    // On 200 connections, each with its requests sent one behind the other before any answer is read.
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        const mine = open.splice(0, 50);
        socket.write('POST /users/7 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok'.repeat(mine.length));
        let text = '';
        for await (const chunk of socket) {
          text += chunk;
          const count = text.split('HTTP/1.1 200 OK').length - 1;
          if (count === mine.length && text.endsWith('0\r\n\r\n')) {
            answered += count;
            break;
          }
        }
      }),
    );
    assert.is(answered, 10_000);
  });
});

test('a request that is too large is refused', async () => {
  const file = await write(project, 'large.json', made({ body: '1' }));
  await served([file], async (url) => {
    const call = request(`${url}/users/7`, { method: 'POST' });
    call.on('error', () => {});
    const answered = Promise.race([
      once(call, 'response').then(([r]) => r.statusCode),
      once(call, 'close').then(() => 'closed'),
    ]);
    const chunk = Buffer.alloc(1024 * 1024);
    const body = Readable.from(
      (function* () {
        for (let n = 0; n < 70; n++) {
          yield chunk;
        }
      })(),
    );
    body.pipe(call);
    assert.ok([413, 'closed'].includes(await answered.catch(() => 'closed')));
    assert.is((await fetch(`${url}/users/7`)).status, 200);
  });
});

test('a port that is taken, and one that is none: exit code 2', async () => {
  const file = await write(project, 'ports.json', made({ body: '1' }));
  await served([file], async (url) => {
    const { code, stderr } = await project.interposition(['serve', file, '--port', new URL(url).port]);
    assert.is(code, 2);
    assert.match(stderr, /^interposition: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  });
  const { code, stderr } = await project.interposition(['serve', file, '--port', '70000']);
  assert.is(code, 2);
  assert.match(stderr, 'It is a number from 0 to 65535.');
});

test.run();
