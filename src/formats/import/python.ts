import { type HeaderPair, Interaction } from '../../core/interaction.js';
import type { MetadataPair } from '../../core/metadata.js';
import { metadataValue } from '../../core/metadata.js';
import { isRecord } from '../shapes.js';
import { requestOf } from './exchange.js';
import { Fields } from './fields.js';
import { type Format, leftOut } from './format.js';

/** Cassettes of the Python library of the same name. Their targets are paths. */
export const python: Format = {
  recognises: (file) =>
    isRecord(file) &&
    Array.isArray(file['interactions']) &&
    file['interactions'].every((one) => isRecord(one) && Object.hasOwn(one, 'response_chunks')),
  entries: (file) => new Fields(file, 'the file').list('interactions'),
  read: (value, { baseUrl }) => {
    const entry = new Fields(value, 'it');
    const request = entry.fields('request');
    if (request.text('protocol') !== 'http') {
      return leftOut('its protocol is not HTTP');
    }
    const chunks = entry.each('response_chunks').map((chunk) => ({
      data: new TextEncoder().encode(chunk.text('data')),
      sequence: chunk.integer('sequence'),
      metadata: chunk.optionalList('metadata') as MetadataPair[],
    }));
    const interaction = new Interaction({
      request: requestOf({
        method: request.text('action'),
        url: absolute(request.text('target'), baseUrl),
        requestHeaders: request.optionalList('headers') as readonly HeaderPair[],
        requestBody: new TextEncoder().encode(request.text('body')),
      }),
      responseChunks: chunks,
      metadata: entry.optionalList('metadata') as MetadataPair[],
    });
    const [first] = interaction.responseChunks;
    return metadataValue(first?.metadata ?? [], 'status_code') === undefined
      ? leftOut('its response has no status_code')
      : { interactions: [interaction], lost: [] };
  },
};

function absolute(target: string, baseUrl: string | undefined): string {
  if (URL.canParse(target)) {
    return target;
  }
  if (baseUrl === undefined) {
    throw new TypeError('its target is relative: say what to, with --base-url https://api.example.com');
  }
  return new URL(target, baseUrl).href;
}
