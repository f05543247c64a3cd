import { BARE } from './figures.js';
import { replayRow } from './replay-row.js';

export const downloadWhole = replayRow({
  name: 'download-whole',
  title: 'fetch replay, 10 MB binary with `content-length`: throughput / bare dispatcher',
  goal: { atLeast: 0.85 },
  limit: BARE,
  work: { traffic: 'binary-10m', client: 'fetch', count: 1 },
});
