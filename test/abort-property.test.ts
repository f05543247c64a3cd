import * as fc from 'fast-check';
import type { BrokerMode } from '../src/index.js';
import { type BodyKind, CLIENTS, type ClientName } from './support/abort-clients.js';
import {
  type AbortProgram,
  assertSameInReplay,
  CountingServer,
  type Moment,
} from './support/abort-programs.js';
import { seedOfRun } from './support/seeded-random.js';
import { suite } from './support/suite.js';

// Requests that are mostly identical, some of them given up: an answer that goes to the wrong one is an answer of another number.
const test = suite('generated programs that abort some of their requests');

const seed = seedOfRun();

const server = await CountingServer.start();
test.after(() => server.close());

interface Way {
  readonly client: ClientName;
  readonly body: BodyKind;
}

const way = fc.constantFrom(
  ...Object.entries(CLIENTS).flatMap(([client, { bodies }]) =>
    bodies.map((body): Way => ({ client: client as ClientName, body })),
  ),
);

const moment: fc.Arbitrary<Moment> = fc.oneof(
  fc.nat(20),
  fc.constantFrom('before', 'now', 'tick', 'immediate', 'seen', 'head', 'part'),
);

/** Leaves out what is not the same in two live runs, or no matter of ours. */
function isDetermined(first: BrokerMode, { client, body }: Way, given: Moment | undefined): boolean {
  switch (given) {
    case 'seen':
      // In which turn of the event loop a server sees a request, and which piece of its body is written then.
      return !body.includes('slow');
    case 'head':
      // The promises of got tell of a head with the whole response only.
      return client !== 'got';
    case 'immediate':
      // got writes on when it has a connection: it may have one by then. And where an earlier recording answers, as it does in
      // `auto`, chance decides which is first.
      return first === 'record' && (client !== 'got' || !(body === 'form' || body.includes('stream')));
    case 'before':
      // From Node 24 on an unhandled rejection of fetch's own.
      return client !== 'fetch' || body !== 'form';
    default:
      return true;
  }
}

const programs = (first: BrokerMode): fc.Arbitrary<AbortProgram> =>
  fc
    .record({
      usual: way,
      other: way,
      isNarrow: fc.boolean(),
      setsDispatcher: fc.boolean(),
      plan: fc.array(
        fc.record({
          moment: fc.option(moment, { nil: undefined, freq: 2 }),
          isOther: fc.nat(5).map((n) => n === 5),
          path: fc.nat(6).map((n) => (n === 6 ? '/other' : '/')),
          goesOn: fc.boolean(),
        }),
        { minLength: 2, maxLength: 5 },
      ),
    })
    .map(({ usual, other, plan, ...rest }) => ({
      ...rest,
      steps: plan.map(({ isOther, moment: given, ...step }) => {
        const taken = isOther ? other : usual;
        return { ...taken, ...step, moment: isDetermined(first, taken, given) ? given : undefined };
      }),
    }));

for (const first of ['record', 'auto'] satisfies BrokerMode[]) {
  test(`${first}: each request sees in replay what it saw then`, async () => {
    await fc.assert(
      fc.asyncProperty(programs(first), async (generated) => {
        await assertSameInReplay(generated, server, first);
      }),
      { seed, numRuns: 250, includeErrorInReport: true },
    );
  });
}

test.run();
