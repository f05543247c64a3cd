import { wrongIn } from '../clients/check.js';
import type { Answer, Ask } from '../clients/client.js';
import type { Exchange, Traffic } from '../traffic/exchange.js';

interface Asking {
  readonly ask: Ask;
  readonly origin: string;
  readonly reads: Traffic['reads'];
  readonly atOnce: number;
}

/**
 * Asks for each exchange, and then looks at the answers.
 *
 * @returns The nanoseconds that the asking took.
 * @throws Error for the first wrong answer.
 */
export async function askAll(exchanges: readonly Exchange[], asking: Asking): Promise<number> {
  const { ask, origin, reads, atOnce } = asking;
  const urls = exchanges.map(({ path }) => origin + path);
  const answers: Answer[] = [];
  const one = async (at: number) => {
    answers[at] = await ask(urls[at] as string, exchanges[at] as Exchange, reads);
  };
  const started = process.hrtime.bigint();
  if (atOnce === 1) {
    for (let at = 0; at < urls.length; at++) {
      await one(at);
    }
  } else {
    for (let at = 0; at < urls.length; at += atOnce) {
      await Promise.all(urls.slice(at, at + atOnce).map((_, beside) => one(at + beside)));
    }
  }
  const ns = Number(process.hrtime.bigint() - started);
  for (const [at, exchange] of exchanges.entries()) {
    const wrong = wrongIn(answers[at] as Answer, exchange);
    if (wrong !== undefined) {
      throw new Error(wrong);
    }
  }
  return ns;
}
