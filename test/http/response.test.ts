import * as assert from 'uvu/assert';
import { InteractionValidationError } from '../../src/core/errors.js';
import { Interaction } from '../../src/core/interaction.js';
import type { MetadataPair } from '../../src/core/metadata.js';
import {
  endsWithHeaders,
  headMetadata,
  interimMetadata,
  isOneWhole,
  readResponse,
  trailerMetadata,
} from '../../src/http/response.js';
import { suite } from '../support/suite.js';

const test = suite('recorded HTTP responses');

const request = {
  protocol: 'http',
  action: 'GET',
  target: 'http://api.test/',
  headers: [],
  body: Buffer.alloc(0),
};

function interaction(...chunks: readonly (readonly MetadataPair[])[]): Interaction {
  const responseChunks = chunks.map((metadata, sequence) => ({ data: Buffer.alloc(0), sequence, metadata }));
  return new Interaction({ request, responseChunks });
}

const head = {
  statusCode: 203,
  statusText: 'Sort of',
  headers: [
    ['X-Twice', '1'],
    ['set-cookie', 'a=1'],
    ['x-twice', '2'],
    ['Set-Cookie', 'b=2'],
    ['x-latin1', 'caf\xe9'],
    ['trailer:odd', 'name'],
  ],
} as const;
const hint = { statusCode: 103, statusText: 'Early Hints', headers: [['link', '</a.css>']] } as const;
const trailers = [
  ['X-Sum', 'abc'],
  ['x-sum', 'def'],
] as const;

test('what is written into metadata is read from it: interim responses, head, trailers, in order', () => {
  const recorded = interaction(
    [...interimMetadata(hint), ...interimMetadata({ ...hint, headers: [] }), ...headMetadata(head)],
    trailerMetadata(trailers),
  );
  const response = readResponse(recorded);
  assert.equal(response.interim, [hint, { ...hint, headers: [] }]);
  assert.equal(response.head, head);
  assert.equal(response.trailers, trailers);
  assert.is(response.body.length, 2);
});

test('metadata of other tools is left alone', () => {
  const { head: read } = readResponse(
    interaction([
      ['note', 'x'],
      ['status_code', '200'],
      ['header:a', 'b'],
    ]),
  );
  assert.equal(read, { statusCode: 200, statusText: '', headers: [['a', 'b']] });
});

for (const status of [undefined, '', 'abc', '0', '99', '103', '1000', '200.5', 'NaN']) {
  test(`a status code of ${JSON.stringify(status)} is an error that names the request`, () => {
    const metadata: MetadataPair[] = status === undefined ? [] : [['status_code', status]];
    try {
      readResponse(interaction(metadata));
    } catch (error) {
      assert.instance(error, InteractionValidationError);
      assert.match((error as Error).message, 'GET http://api.test/');
      return;
    }
    assert.unreachable();
  });
}

type LengthRow = readonly [
  what: string,
  given: {
    action?: string;
    status?: string;
    headers: readonly (readonly [string, string])[];
    truncated?: boolean;
  },
  lengths: readonly string[],
];

const LENGTHS: readonly LengthRow[] = [
  ['that is true stays', { headers: [['content-length', '5']] }, ['5']],
  ['that is not true any more is corrected', { headers: [['Content-Length', '82']] }, ['5']],
  ['that is no number is corrected', { headers: [['content-length', '5, 5']] }, ['5']],
  [
    'that stands twice is corrected twice',
    {
      headers: [
        ['content-length', '8'],
        ['content-length', '9'],
      ],
    },
    ['5', '5'],
  ],
  ['is not added', { headers: [] }, []],
  ['of a HEAD request stays', { action: 'HEAD', headers: [['content-length', '82']] }, ['82']],
  ['of a 304 stays', { status: '304', headers: [['content-length', '82']] }, ['82']],
  ['of a 204 stays', { status: '204', headers: [['content-length', '82']] }, ['82']],
  ['of a truncated recording stays', { headers: [['content-length', '82']], truncated: true }, ['82']],
  [
    'beside a transfer-encoding stays',
    {
      headers: [
        ['content-length', '82'],
        ['Transfer-Encoding', 'chunked'],
      ],
    },
    ['82'],
  ],
];

for (const [what, { action = 'GET', status = '200', headers, truncated = false }, lengths] of LENGTHS) {
  test(`a content-length ${what}`, () => {
    const metadata: MetadataPair[] = [
      ['status_code', status],
      ...headers.map(([name, value]): MetadataPair => [`header:${name}`, value]),
    ];
    const recorded = new Interaction({
      request: { ...request, action },
      responseChunks: [
        { data: Buffer.from('hel'), sequence: 0, metadata },
        { data: Buffer.from('lo'), sequence: 1 },
      ],
      ...(truncated && { metadata: [['ended', 'truncated'] as const] }),
    });
    const seen = readResponse(recorded).head?.headers ?? [];
    assert.equal(
      seen.map(([name]) => name),
      headers.map(([name]) => name),
    );
    assert.equal(
      seen.filter(([name]) => name.toLowerCase() === 'content-length').map(([, value]) => value),
      lengths,
    );
    assert.equal(recorded.responseChunks[0]?.metadata, metadata);
  });
}

test('which responses end with their headers', () => {
  for (const [method, statusCode, length, ends] of [
    ['GET', 200, undefined, false],
    ['GET', 200, '5', false],
    ['GET', 200, '0', true],
    ['GET', 204, undefined, true],
    ['GET', 304, '5', true],
    ['HEAD', 200, '5', true],
  ] as const) {
    const headers = length === undefined ? [] : ([['Content-Length', length]] as const);
    const seen = endsWithHeaders(method, { statusCode, statusText: '', headers });
    assert.is(seen, ends, `${method} ${statusCode} ${length}`);
  }
});

test('a body is one whole where its length was announced, in any letters', () => {
  assert.ok(isOneWhole({ ...head, headers: [['CONTENT-LENGTH', '5']] }));
  assert.not(isOneWhole(head));
});

test.run();
