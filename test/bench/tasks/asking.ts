import { wrongIn } from '../clients/check.js';
import type { Answer, Ask } from '../clients/client.js';
import type { Exchange, Traffic } from '../traffic/exchange.js';

// As a program's own work would: what fetch holds weakly is not let go of before the end of a turn of the event loop.
const TURN_AFTER = 8;

interface Asking {
  readonly ask: Ask;
  readonly origin: string;
  readonly reads: Traffic['reads'];
  readonly atOnce: number;
}

/** Requests that are ready to be made. */
export interface Requests {
  /** Makes them all, so many at a time. */
  send(): Promise<void>;
  /** @throws Error for the first wrong answer. */
  check(): void;
}

export function requestsFor(exchanges: readonly Exchange[], asking: Asking): Requests {
  const { ask, origin, reads, atOnce } = asking;
  const urls = exchanges.map(({ path }) => origin + path);
  const answers: Answer[] = [];
  const one = async (at: number) => {
    answers[at] = await ask(urls[at] as string, exchanges[at] as Exchange, reads);
  };
  return {
    async send() {
      for (let at = 0; at < urls.length; at += atOnce) {
        if (atOnce === 1) {
          await one(at);
        } else {
          await Promise.all(urls.slice(at, at + atOnce).map((_, beside) => one(at + beside)));
        }
        if (at % TURN_AFTER === 0) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    },
    check() {
      for (const [at, exchange] of exchanges.entries()) {
        const wrong = wrongIn(answers[at] as Answer, exchange);
        if (wrong !== undefined) {
          throw new Error(wrong);
        }
      }
    },
  };
}
