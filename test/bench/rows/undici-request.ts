import { BARE } from './figures.js';
import { replayRow } from './replay-row.js';

export const undiciRequest = replayRow({
  name: 'undici-request',
  title: '`undici.request` replay, 1 KB GET: throughput / bare dispatcher',
  goal: { atLeast: 0.75 },
  limit: BARE,
  work: { traffic: 'get-1k', client: 'undici.request', count: 100 },
});
