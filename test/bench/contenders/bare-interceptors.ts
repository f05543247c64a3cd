import { type Contender, exchangesOf } from './contender.js';

const load = () => import('@mswjs/interceptors/ClientRequest');

/** The limit of node:http: an interceptor that does nothing but look into a Map. */
export const bareInterceptors: Contender = {
  name: 'bare interceptors',
  package: '@mswjs/interceptors',
  load,
  cannot: ({ client }) => (client === 'node:http' ? undefined : 'is there for node:http'),
  async replay(recordings) {
    const { ClientRequestInterceptor } = await load();
    const answers = new Map(
      exchangesOf(recordings).map(({ path, status, headers, body }) => [
        recordings.origin + path,
        { init: { status, headers: headers.map(([name, value]): [string, string] => [name, value]) }, body },
      ]),
    );
    const interceptor = new ClientRequestInterceptor();
    interceptor.on('request', ({ request, controller }) => {
      const answer = answers.get(request.url);
      if (answer !== undefined) {
        controller.respondWith(new Response(new Uint8Array(answer.body), answer.init));
      }
    });
    interceptor.apply();
    return async () => interceptor.dispose();
  },
};
