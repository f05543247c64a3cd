import { createServer } from 'node:http';
import { trafficOf } from '../traffic/traffic.js';

// The live server, a process of its own: it tells its parent where it listens, and ends with it.

const server = createServer(async (request, response) => {
  const url = request.url ?? '/';
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const traffic = trafficOf(url.split('/')[1]);
  const { status, headers, body } = traffic.exchange(traffic.indexOf(url, Buffer.concat(chunks).toString()));
  response.sendDate = false;
  response.writeHead(status, headers.flat());
  response.end(body);
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit());
