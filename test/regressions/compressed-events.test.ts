import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { codedPieces } from '../../fixtures/corpus/exchange.js';
import { withCassette } from '../../src/index.js';
import { CLIENTS, type Read } from '../support/corpus-clients.js';
import { CorpusServer } from '../support/corpus-server.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// Finding where a compressed chunk ends took to decode all that was before it; of many chunks some were given up.
const test = suite('regression: a long event stream that is compressed');
const folder = tempFolder();

for (const coding of ['gzip', 'br'] as const) {
  test(`each of 3,000 compressed events is a chunk of its own: ${coding}`, async () => {
    const events = Array.from({ length: 3000 }, (_, n) => `data: {"n":${n}}\n\n`);
    const cassette = join(folder, `${coding}.json`);
    const server = await CorpusServer.start();
    const { url } = server;
    const textsOf = async (read: Read) => {
      const { chunks } = await CLIENTS.fetch.send(url, {}, read);
      return chunks.map((chunk) => Buffer.from(chunk).toString());
    };
    const headers = [
      ['content-type', 'text/event-stream'],
      ['content-encoding', coding],
    ] as const;
    server.willAnswer({ headers, pieces: await codedPieces(coding, ...events) });
    await withCassette({ cassette, mode: 'record' }, () => textsOf(server.read));
    await server.close();
    const replayed = await withCassette({ cassette, mode: 'replay' }, () => textsOf(() => {}));
    assert.is(replayed.join(''), events.join(''));
    // A decoder's own blocks split some of them in two.
    assert.is(replayed.filter((text) => text.endsWith('\n\n')).length, 3000);
  });
}

test.run();
