import { measured } from '../tasks/stopwatch.js';

// Opens an SQLite cassette of so many interactions, answers one of them, and then looks others up, each once. It tells what
// that took. The libraries are loaded before.

type Interposition = typeof import('../../../src/index.js');
type Sqlite = typeof import('../../../src/stores/sqlite.js');

const LOOK_UPS = 500;
const PACKAGE: string = 'interposition';

const [, , file = '', size = '0', origin = ''] = process.argv;
const count = Number(size);
const { Broker } = (await import(PACKAGE)) as Interposition;
const { SqliteCassetteStore } = (await import(`${PACKAGE}/stores/sqlite`)) as Sqlite;

const opening = await measured(async () => {
  const broker = await Broker.fromStore(new SqliteCassetteStore(file), { match: {} });
  if (count > 0) {
    ask(broker, count - 1);
  }
  return broker;
});
const step = count / LOOK_UPS;
const { sample: looking } = await measured(async () => {
  for (let n = 0; n < count - 1; n += step) {
    ask(opening.result, Math.floor(n));
  }
});
await opening.result.close();
process.stdout.write(
  JSON.stringify({
    opening: opening.sample,
    lookUp: { clock: looking.clock / LOOK_UPS, cpu: looking.cpu / LOOK_UPS, heap: 0 },
  }),
);

function ask(broker: InstanceType<Interposition['Broker']>, index: number): void {
  const target = `${origin}/get-2k/${index}`;
  const headers = [['accept', 'application/json']] as const;
  const found = broker.lookup({ protocol: 'http', action: 'GET', target, headers, body: new Uint8Array() });
  if (found?.responseChunks[0]?.data.byteLength === undefined) {
    throw new Error(`${target} was not found`);
  }
}
