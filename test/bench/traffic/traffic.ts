import { chunkedDownloads, wholeDownloads } from './binary.js';
import type { Traffic } from './exchange.js';
import { jsonGets } from './json-get.js';
import { jsonPosts } from './json-post.js';

const ALL = [jsonGets('get-1k', 1024), jsonGets('get-2k', 2048), jsonPosts, wholeDownloads, chunkedDownloads];

/** The kind of exchanges of this name. */
export function trafficOf(name: string | undefined): Traffic {
  const traffic = ALL.find((one) => one.name === name);
  if (traffic === undefined) {
    throw new Error(`there is no traffic ${name}`);
  }
  return traffic;
}
