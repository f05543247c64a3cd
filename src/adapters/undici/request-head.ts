import { stringify } from 'node:querystring';
import type { RequestHead } from '../../core/recording.js';
import { requestTarget } from '../../http/target.js';
import { requestHeaderPairs } from './headers.js';
import type { DispatchOptions } from './protocol.js';

/**
 * What is asked, read off the options of a dispatch; undefined for options that undici itself would refuse.
 *
 * @param origin The origin of the dispatcher's own, where the options name none.
 */
export function requestHead(options: DispatchOptions, origin: string | undefined): RequestHead | undefined {
  const { method, path, query } = options;
  const base = options.origin === undefined || options.origin === '' ? origin : String(options.origin);
  if (typeof method !== 'string' || typeof path !== 'string' || base === undefined) {
    return undefined;
  }
  const normal = normalOrigin(base);
  if (normal === undefined) {
    return undefined;
  }
  const search = query == null ? '' : stringify(query as Parameters<typeof stringify>[0]);
  const location = search === '' ? path : `${path}?${search}`;
  return {
    protocol: 'http',
    action: method,
    target: requestTarget(method, location, normal),
    headers: requestHeaderPairs(options.headers),
  };
}

let lastBase = '';
let lastOrigin: string | undefined;

/** Undefined where it is no URL. A program asks the same origin again and again. */
function normalOrigin(base: string): string | undefined {
  if (base !== lastBase) {
    lastOrigin = URL.canParse(base) ? new URL(base).origin : undefined;
    lastBase = base;
  }
  return lastOrigin;
}
