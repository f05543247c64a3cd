import { downloadChunks } from './download-chunks.js';
import { downloadWhole } from './download-whole.js';
import { fetch64 } from './fetch-64.js';
import { fetchGet } from './fetch-get.js';
import { fetchPost } from './fetch-post.js';
import { firstGets } from './first-gets.js';
import { firstPosts } from './first-posts.js';
import { growth } from './growth.js';
import { nodeHttp } from './node-http.js';
import { heap, opening } from './opening.js';
import { packages, packagesSize } from './packages.js';
import { recording } from './recording.js';
import { recordingGrowth } from './recording-growth.js';
import { redis } from './redis.js';
import { refreshing } from './refreshing.js';
import type { Row } from './row.js';
import { sqliteLookUp, sqliteOpening } from './sqlite.js';
import { startUp } from './start-up.js';
import { undiciRequest } from './undici-request.js';

/** The table, line by line. */
export const ROWS: readonly Row[] = [
  fetchGet,
  growth,
  firstGets,
  undiciRequest,
  fetchPost,
  firstPosts,
  fetch64,
  downloadWhole,
  downloadChunks,
  nodeHttp,
  recording,
  recordingGrowth,
  refreshing,
  redis,
  opening,
  heap,
  sqliteOpening,
  sqliteLookUp,
  startUp,
  packages,
  packagesSize,
];
