import { fork } from 'node:child_process';
import { join } from 'node:path';
import { folder } from './packages.js';

/** The APIs, all in one process that is not the test's. */
export interface ApiServers {
  /** Starts an API of its own, with nothing that another has seen; gives its URL. */
  open(api: string): Promise<string>;
  /** How many requests have reached it. */
  requests(url: string): Promise<number>;
  /** Answers nothing from here on: each connection is ended at once, and counted. */
  leave(url: string): Promise<void>;
  connectionsWhenGone(url: string): Promise<number>;
  /** Ends the process. */
  close(): void;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export function startApiServers(): ApiServers {
  const child = fork(join(folder, 'servers.mjs'), { execArgv: [], env: cleanEnvironment() });
  const waiting = new Map<number, (answer: Answer) => void>();
  let ended: string | undefined;
  let asked = 0;
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.on('exit', (code, signal) => {
    ended = `the process of the APIs ended: ${signal ?? code}`;
    for (const [id, settle] of waiting) settle({ id, error: ended });
  });
  const ask = async <T>(command: string, argument: unknown): Promise<T> => {
    const id = ++asked;
    const answer = await new Promise<Answer>((resolve) => {
      if (ended === undefined) {
        waiting.set(id, resolve);
        child.send({ id, command, argument });
      } else {
        resolve({ id, error: ended });
      }
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value as T;
  };
  const portOf = (url: string) => Number(new URL(url).port);
  return {
    open: async (api) => `http://127.0.0.1:${await ask<number>('open', api)}`,
    requests: (url) => ask('requests', portOf(url)),
    leave: (url) => ask('leave', portOf(url)),
    connectionsWhenGone: (url) => ask('connectionsWhenGone', portOf(url)),
    close: () => {
      child.disconnect();
    },
  };
}

/** The environment without what would bring this library, or another preload, into a child process. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = /^(?:INTERPOSITION_.*|NODE_OPTIONS|NODE_DEBUG)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
