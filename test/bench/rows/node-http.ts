import { BARE_INTERCEPTORS } from './figures.js';
import { replayRow } from './replay-row.js';

export const nodeHttp = replayRow({
  name: 'node-http',
  title: '`node:http` replay, 1 KB GET, 100 recordings: throughput / bare `@mswjs/interceptors`',
  goal: { atLeast: 0.85 },
  limit: BARE_INTERCEPTORS,
  work: { traffic: 'get-1k', client: 'node:http', count: 100 },
});
