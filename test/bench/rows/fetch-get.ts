import { BARE } from './figures.js';
import { replayRow } from './replay-row.js';

export const fetchGet = replayRow({
  name: 'fetch-get',
  title: 'fetch replay, 1 KB GET, 100 recordings: throughput / bare dispatcher',
  goal: { atLeast: 0.9 },
  limit: BARE,
  work: { traffic: 'get-1k', client: 'fetch', count: 100 },
});
