import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import {
  Cassette,
  type HeaderPair,
  Interaction,
  type InteractionInit,
  type MetadataPair,
} from '../../src/index.js';

/** What a test says about an exchange; the rest is an ordinary GET with a small answer. */
export interface Sketch {
  readonly protocol?: string;
  readonly action?: string;
  readonly target?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string | Uint8Array;
  /** The response's metadata in its first chunk. */
  readonly head?: readonly MetadataPair[];
  /** The response's body, by chunks where there are several. */
  readonly answer?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The metadata of the response's last chunk, where it is not the first. */
  readonly trailers?: readonly MetadataPair[];
  readonly metadata?: InteractionInit['metadata'];
}

export function interaction(sketch: Sketch = {}): Interaction {
  const { answer = 'hello', head = [['status_code', '200']], trailers = [], metadata = [] } = sketch;
  const pieces = isPieces(answer) ? answer : [answer];
  return new Interaction({
    request: {
      protocol: sketch.protocol ?? 'http',
      action: sketch.action ?? 'GET',
      target: sketch.target ?? 'http://api.example/things',
      headers: sketch.headers ?? [],
      body: bytes(sketch.body ?? ''),
    },
    responseChunks: pieces.map((piece, sequence) => ({
      data: bytes(piece),
      sequence,
      metadata: sequence === 0 ? head : sequence === pieces.length - 1 ? trailers : [],
    })),
    metadata,
  });
}

/** An interaction that is told from others by its target. */
export function named(name: string): Interaction {
  return interaction({ target: `http://api.example/${name}`, answer: `answer to ${name}` });
}

/** A cassette of such. */
export function cassetteOf(...names: readonly string[]): Cassette {
  return new Cassette(names.map(named));
}

/** The names of what a cassette made of such holds. */
export function namesIn(cassette: Cassette): readonly string[] {
  return cassette.interactions.map(({ request }) => request.target.replace('http://api.example/', ''));
}

export function bytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}

/** Every field of the interactions, bytes included, in a form that a test can compare and print. */
export function assertSameInteractions(
  actual: readonly Interaction[],
  expected: readonly Interaction[],
  message?: string,
): void {
  assert.equal(actual.map(plain), expected.map(plain), message);
}

function plain({ request, fingerprint, responseChunks, metadata }: Interaction): unknown {
  return {
    request: { ...request, body: plainBytes(request.body) },
    fingerprint,
    responseChunks: responseChunks.map((chunk) => ({ ...chunk, data: plainBytes(chunk.data) })),
    metadata,
  };
}

function plainBytes(data: Uint8Array): string {
  const hex = Buffer.from(data).toString('hex');
  return hex.length <= 400
    ? hex
    : `${data.byteLength} bytes, SHA-256 ${createHash('sha256').update(data).digest('hex')}`;
}

function isPieces(
  answer: string | Uint8Array | readonly (string | Uint8Array)[],
): answer is readonly (string | Uint8Array)[] {
  return Array.isArray(answer);
}
