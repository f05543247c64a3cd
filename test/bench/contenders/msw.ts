import { type Contender, exchangesOf, NO_UNDICI, ONE_CHUNK } from './contender.js';

const load = async () => ({ ...(await import('msw')), ...(await import('msw/node')) });

/** msw has no recorder: it gets a handler for each URL, as its tool for recorded traffic makes them. */
export const msw: Contender = {
  name: 'msw',
  package: 'msw',
  imports: ['msw/node'],
  load,
  cannot({ client, traffic }) {
    return client === 'undici.request' ? NO_UNDICI : traffic.reads === 'chunks' ? ONE_CHUNK : undefined;
  },
  async replay(recordings) {
    const { http, HttpResponse, setupServer } = await load();
    const { origin, traffic } = recordings;
    const exchanges = exchangesOf(recordings);
    const toResponse = ({ status, headers, body }: (typeof exchanges)[number]) =>
      new HttpResponse(new Uint8Array(body), {
        status,
        headers: headers.map(([name, value]) => [name, value]),
      });
    const [first] = exchanges;
    const handlers =
      first?.method === 'POST'
        ? [
            http.post(origin + first.path, async ({ request }) => {
              const found = exchanges[traffic.indexOf(first.path, await request.text())];
              return found && toResponse(found);
            }),
          ]
        : exchanges.map((exchange) => http.get(origin + exchange.path, () => toResponse(exchange)));
    const server = setupServer(...handlers);
    server.listen({ onUnhandledRequest: 'error' });
    return async () => server.close();
  },
};
