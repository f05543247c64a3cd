import { firstLookUpRow } from './first-look-up-row.js';

export const firstPosts = firstLookUpRow({
  name: 'first-posts',
  title: 'fetch replay, first look-up of each of 2,000 1 KB JSON POSTs: throughput / bare dispatcher',
  goal: { atLeast: 0.9 },
  traffic: 'post-1k',
  count: 2_000,
  warmUp: 500,
});
