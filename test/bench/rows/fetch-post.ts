import { BARE } from './figures.js';
import { replayRow } from './replay-row.js';

export const fetchPost = replayRow({
  name: 'fetch-post',
  title: 'fetch replay, 1 KB JSON POST matched on its body, 100 recordings: throughput / bare dispatcher',
  goal: { atLeast: 0.9 },
  limit: BARE,
  work: { traffic: 'post-1k', client: 'fetch', count: 100 },
});
