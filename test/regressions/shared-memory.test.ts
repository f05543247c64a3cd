import * as assert from 'uvu/assert';
import { Broker, Cassette } from '../../src/index.js';
import { interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';

// `Buffer.prototype.slice` copies nothing, so a program that wrote into a chunk wrote into the recording.
const test = suite('regression: a program that writes into its chunks');

test('changes neither the recording nor the next replay', async () => {
  const { request } = interaction();
  const broker = new Broker(new Cassette(), {
    mode: 'record',
    liveResponder: async function* () {
      yield { data: Buffer.from('hello'), sequence: 0 };
    },
  });
  await overwrite(broker);
  const player = new Broker(broker.cassette);
  await overwrite(player);
  assert.is(await overwrite(player), 'hello');

  async function overwrite(from: Broker): Promise<string> {
    let seen = '';
    for await (const { data } of from.replay(request)) {
      seen += Buffer.from(data).toString();
      data.fill(0x58);
    }
    return seen;
  }
});

test.run();
