import { BARE } from './figures.js';
import { replayRow } from './replay-row.js';

export const downloadChunks = replayRow({
  name: 'download-chunks',
  title:
    'fetch replay, 10 MB in 160 kept chunks, a turn of the event loop each: throughput / bare dispatcher',
  goal: { atLeast: 0.75 },
  limit: BARE,
  work: { traffic: 'chunks-10m', client: 'fetch', count: 1 },
});
