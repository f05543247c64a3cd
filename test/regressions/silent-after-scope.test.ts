import type { ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import { withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { newFolder, stderrDuring, textOf } from '../support/ways-in.js';

// It was looked at once each `bodyWait`: one that fell silent just after its scope had ended held it up twice as long.
const test = suite('regression: a response that falls silent after the end of its scope');

const BODY_WAIT_MS = 1500;

test('is cut off when it has been silent for bodyWait', async () => {
  process.chdir(newFolder());
  let endless: ServerResponse | undefined;
  const server = await loopback(({ url }, response) => {
    if (url === '/endless') {
      endless = response;
      response.write('first');
    } else {
      endless?.write('last', () => response.end());
    }
  });
  try {
    let response: Response | undefined;
    let silentSince = Number.POSITIVE_INFINITY;
    await stderrDuring(async () => {
      const scope = withCassette({ name: 'x', mode: 'record', bodyWait: BODY_WAIT_MS }, async () => {
        response = await fetch(`${server.url}/endless`);
        setImmediate(() => ended());
      });
      const ended = async () => {
        await textOf(`${server.url}/last`);
        silentSince = performance.now();
      };
      await scope;
    });
    const waits = (performance.now() - silentSince) / BODY_WAIT_MS;
    assert.ok(waits < 1.7, `it was waited for ${waits} times as long`);
    await response?.body?.cancel();
  } finally {
    await server.close();
  }
});

test.run();
