import { firstLookUpRow } from './first-look-up-row.js';

export const firstGets = firstLookUpRow({
  name: 'first-gets',
  title: 'fetch replay, first look-up of each of 10,000 1 KB GETs: throughput / bare dispatcher',
  goal: { atLeast: 0.9 },
  traffic: 'get-1k',
  count: 10_000,
  warmUp: 1_000,
});
