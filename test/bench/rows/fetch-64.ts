import { BARE } from './figures.js';
import { replayRow } from './replay-row.js';

export const fetch64 = replayRow({
  name: 'fetch-64',
  title: '64 fetches at once, 1 KB GET, 100 recordings: throughput / bare dispatcher',
  goal: { atLeast: 0.9 },
  limit: BARE,
  work: { traffic: 'get-1k', client: 'fetch', count: 100, atOnce: 64 },
});
