import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { interpose, UpgradeNotRecordedError } from '../../../src/index.js';
import { echoUpgraded, loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import {
  brokerOn,
  copies,
  emptyStore,
  recordedIn,
  rejection,
  settled,
  type Undici,
  WHY_SKIPPED,
} from './clients.js';

const test = suite('upgraded connections');

const server = await loopback((_, response) => response.end());
echoUpgraded(server.server);
test.after(() => server.close());

type Dispatcher = InstanceType<Undici['Agent']>;

const ways = {
  upgrade: (dispatcher: Dispatcher) =>
    dispatcher.upgrade({ origin: server.url, path: '/echo', protocol: 'echo' } as never),
  CONNECT: (dispatcher: Dispatcher) =>
    dispatcher.connect({ origin: server.url, path: 'other.test:443' } as never),
};

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);
  const { Agent } = undici ?? ({} as Undici);

  for (const [title, ask] of Object.entries(ways)) {
    for (const mode of ['record', 'auto'] as const) {
      check(`${name}, ${title} in ${mode}: passes through, with a warning`, async () => {
        const warnings: string[] = [];
        const store = emptyStore();
        const observer = { warning: (message: string) => void warnings.push(message) };
        const broker = await brokerOn(store, mode, { observer });
        const agent = new Agent();
        const { socket } = await settled(
          ask(agent.compose(interpose(broker) as never) as Dispatcher),
          () => title,
        );
        socket.write('ping');
        assert.is(String((await once(socket, 'data'))[0]), 'ping');
        socket.destroy();
        await agent.destroy();
        await broker.close();
        assert.is(warnings.length, 1);
        assert.match(warnings[0] as string, 'unrecorded');
        assert.is((await recordedIn(store)).length, 0);
      });
    }

    check(`${name}, ${title} in replay: an error that says so, and no connection`, async () => {
      const before = server.count();
      const agent = new Agent();
      const broker = await brokerOn(emptyStore(), 'replay');
      const error = await rejection(
        settled(ask(agent.compose(interpose(broker) as never) as Dispatcher), () => title),
      );
      assert.instance(error, UpgradeNotRecordedError);
      const target = title === 'CONNECT' ? 'http://other.test:443' : `${server.url}/echo`;
      assert.match(error.message, ` ${target} `);
      assert.is(server.count(), before);
      await agent.destroy();
    });
  }
}

test.run();
