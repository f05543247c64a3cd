import { downloadChunks } from './download-chunks.js';
import { downloadWhole } from './download-whole.js';
import { fetch64 } from './fetch-64.js';
import { fetchGet } from './fetch-get.js';
import { fetchPost } from './fetch-post.js';
import { growth } from './growth.js';
import { nodeHttp } from './node-http.js';
import type { Row } from './row.js';
import { undiciRequest } from './undici-request.js';

/** The table, line by line. */
export const ROWS: readonly Row[] = [
  fetchGet,
  growth,
  undiciRequest,
  fetchPost,
  fetch64,
  downloadWhole,
  downloadChunks,
  nodeHttp,
];
