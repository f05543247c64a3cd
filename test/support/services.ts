import { connect } from 'node:net';

/** A server that tests use where it runs. */
export interface Service {
  readonly url: string;
  readonly answers: boolean;
  /** Why its tests are skipped. */
  readonly reason: string;
}

const WAIT_MS = 2000;

/** A Redis at `REDIS_URL`, or on its standard port here. */
export function redisService(): Promise<Service> {
  return serviceAt('Redis', 'REDIS_URL', 'redis://127.0.0.1:6379');
}

/** A PostgreSQL at `DATABASE_URL`, or on its standard port here. */
export function postgresService(): Promise<Service> {
  return serviceAt('PostgreSQL', 'DATABASE_URL', 'postgresql://root@127.0.0.1:5432/test');
}

async function serviceAt(name: string, variable: string, standard: string): Promise<Service> {
  const url = process.env[variable] || standard;
  const { hostname, port, protocol } = new URL(url);
  const place = `${hostname}:${port || (protocol.startsWith('redis') ? 6379 : 5432)}`;
  const answers = await isOpen(hostname, Number(place.split(':').at(-1)));
  return { url, answers, reason: `no ${name} answers at ${place}; ${variable} names another one` };
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port, timeout: WAIT_MS });
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
