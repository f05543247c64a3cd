import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { trafficOf } from '../traffic/traffic.js';

// The live server, a process of its own: it tells its parent where it listens, and ends with it.

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const traffic = trafficOf(url.split('/')[1]);
  const { status, headers, body } = traffic.exchange(traffic.indexOf(url, await text(request)));
  response.sendDate = false;
  response.writeHead(status, headers.flat());
  response.end(body);
}

const server = createServer((request, response) => {
  // Of a request that was given up nothing can be read.
  answer(request, response).catch((error: Error) => response.destroy(error));
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
