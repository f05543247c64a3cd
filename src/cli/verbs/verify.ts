import { Command, InvalidArgumentError } from 'commander';
import { globalOriginal } from '../../adapters/undici/global-slots.js';
import { dispatcherResponder } from '../../adapters/undici/live-responder.js';
import { Broker, type BrokerOptions } from '../../broker.js';
import type { Cassette } from '../../core/cassette.js';
import { describe } from '../../core/errors.js';
import {
  type HeaderPair,
  Interaction,
  type InteractionRequest,
  type ResponseChunk,
} from '../../core/interaction.js';
import type { Difference } from '../../core/miss.js';
import { mayHoldPlaceholder } from '../../http/matching/wildcard.js';
import { HttpPolicy } from '../../http/policy.js';
import { isWebSocket } from '../../http/websocket-protocol.js';
import { enterSession } from '../../session.js';
import type { Address } from '../../stores/addresses/address.js';
import { cassetteAt, storeOf } from '../cassettes.js';
import { changeText } from '../change-text.js';
import { responseDifferences } from '../exchange-differences.js';
import { EXIT } from '../exit-codes.js';
import { optionsInForce } from '../options-in-force.js';
import { placeMatcher } from '../place-pattern.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { redactedInteractions } from '../redacted.js';
import type { Terminal } from '../terminal.js';

interface Flags {
  readonly ignore: readonly string[];
  readonly header: readonly HeaderPair[];
  readonly unsafe?: boolean;
  readonly update?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** What became of one recording when its request was made again. */
interface Verified {
  readonly action: string;
  readonly target: string;
  /** `skipped` with a `reason`; `drifted` with `differences`. */
  readonly outcome: 'same' | 'drifted' | 'skipped';
  readonly reason?: string;
  readonly differences: readonly Difference[];
}

/** Methods that change nothing (RFC 9110, 9.2.1), but for CONNECT and TRACE. */
const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/** They belong to the connection that was, or are made anew. */
const NOT_SENT = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
  'content-length',
];

/** `interposition verify`: do the recorded APIs still answer as they did? */
export const verify: Verb = (terminal, finish) =>
  new Command('verify')
    .description(
      'Make the recorded requests again, live, and report where the answers drifted from the recordings. Exits with 1 ' +
        'where any did. Sends nothing for methods that may change something, unless --unsafe says so.',
    )
    .argument('<cassette>', "the cassette's file or address")
    .option(
      '--ignore <place...>',
      'places that may differ, such as body.users.*.updated_at or header.x-cache; ** is any depth',
      [],
    )
    .option(
      '--header <name:value>',
      'a header to send in the place of the recorded one, such as a credential',
      header,
      [],
    )
    .option('--unsafe', 'make requests of all methods')
    .option('--update', 'record the answers that drifted')
    .option('--timeout <ms>', 'how long one request may take', milliseconds, 30_000)
    .option('--json', 'print JSON')
    .action(async (given: string, flags: Flags) => {
      const verifier = new Verifier(cassetteAt(given, terminal), flags);
      const all: Verified[] = [];
      for await (const one of verifier.verify()) {
        all.push(one);
        if (!flags.json) {
          terminal.out(lines(one, terminal));
        }
      }
      const count = (outcome: Verified['outcome']) => all.filter((one) => one.outcome === outcome).length;
      terminal.out(
        flags.json
          ? `${JSON.stringify(all, null, 2)}\n`
          : `${plural(all.length, 'recording')}: ${count('same')} same, ${count('drifted')} drifted, ${count('skipped')} skipped\n`,
      );
      finish(count('drifted') > 0 ? EXIT.found : EXIT.done);
    });

function header(text: string, before: readonly HeaderPair[]): readonly HeaderPair[] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It is written as name:value.');
  }
  return [...before, [name, value]];
}

function milliseconds(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError('It is a whole number from 1.');
  }
  return Number(text);
}

class Verifier {
  readonly #address: Address;
  readonly #flags: Flags;
  readonly #mayDiffer: (place: string) => boolean;

  constructor(address: Address, flags: Flags) {
    this.#address = address;
    this.#flags = flags;
    this.#mayDiffer = placeMatcher(flags.ignore);
  }

  /** One recording after the other, in the order of the file. */
  async *verify(): AsyncGenerator<Verified> {
    const { match = {}, vary, redact } = optionsInForce();
    const store = await storeOf(this.#address);
    const cassette = await store.load();
    const drifted: { readonly request: InteractionRequest; readonly answer: Answer }[] = [];
    let answering: Answer | undefined;
    const options: BrokerOptions = {
      mode: 'record',
      playback: 'sequence',
      match,
      vary,
      redact,
      session: enterSession(this.#address.location, true),
      liveResponder: () => (answering as Answer).chunks.values() as never,
    };
    for (const interaction of answeringIn(cassette, new HttpPolicy({ match, vary, redact }))) {
      const { action, target } = interaction.request;
      const reason = this.#notSent(interaction);
      if (reason !== undefined) {
        yield { action, target, outcome: 'skipped', reason, differences: [] };
        continue;
      }
      const answer = await this.#ask(interaction.request);
      const differences = this.#compare(interaction, answer);
      if (differences.length > 0 && answer.failure === undefined) {
        drifted.push({ request: interaction.request, answer });
      }
      yield { action, target, outcome: differences.length > 0 ? 'drifted' : 'same', differences };
    }
    if (this.#flags.update && drifted.length > 0) {
      const broker = new Broker(cassette, { ...options, cassetteStore: store });
      for (const { request, answer } of drifted) {
        answering = answer;
        for await (const _ of broker.replay(request));
      }
      await broker.close();
    }
    await store.flush?.();
  }

  #notSent({ request, recording }: Interaction): string | undefined {
    const replaced = this.#flags.header.map(([name]) => name.toLowerCase());
    const secret = request.headers.find(
      ([name, value]) => mayHoldPlaceholder(value) && !replaced.includes(name.toLowerCase()),
    );
    if (!this.#flags.unsafe && !SAFE.includes(request.action)) {
      return `${request.action} may change something: --unsafe sends it`;
    }
    if (recording.truncated || recording.failure !== undefined) {
      return 'the recording did not end well';
    }
    if (isWebSocket(request)) {
      return 'it is a WebSocket';
    }
    if (!/^https?:\/\//.test(request.target)) {
      return 'it was not made over HTTP';
    }
    if (secret !== undefined) {
      return `its header "${secret[0]}" was redacted: --header '${secret[0]}: …' gives it a value`;
    }
    if (
      mayHoldPlaceholder(request.target) ||
      mayHoldPlaceholder(Buffer.from(request.body).toString('latin1'))
    ) {
      return 'something in it was redacted';
    }
    return undefined;
  }

  async #ask(recorded: InteractionRequest): Promise<Answer> {
    const replaced = [...this.#flags.header.map(([name]) => name.toLowerCase()), ...NOT_SENT];
    const headers = recorded.headers.filter(([name]) => !replaced.includes(name.toLowerCase()));
    const request = { ...recorded, headers: [...headers, ...this.#flags.header] };
    const signal = AbortSignal.timeout(this.#flags.timeout);
    const chunks: ResponseChunk[] = [];
    try {
      for await (const chunk of dispatcherResponder(globalOriginal)(request, { signal })) {
        chunks.push(chunk);
      }
      return { chunks };
    } catch (error) {
      return { chunks, failure: describe(error) };
    }
  }

  #compare(interaction: Interaction, { chunks, failure }: Answer): Difference[] {
    if (failure !== undefined) {
      return [{ place: 'end', recorded: 'whole', actual: failure }];
    }
    const answer = new Interaction({ request: interaction.request, responseChunks: chunks });
    const [now] = redactedInteractions([answer]);
    return responseDifferences(interaction, (now as { interaction: Interaction }).interaction).filter(
      ({ place }) => !this.#mayDiffer(place),
    );
  }
}

interface Answer {
  readonly chunks: readonly ResponseChunk[];
  readonly failure?: string;
}

/** The recordings that replay would answer with: of each request those of the last session. */
function answeringIn({ interactions }: Cassette, policy: HttpPolicy): Interaction[] {
  const newest = new Map(interactions.map((one) => [policy.key(one.request), one.recording.session]));
  return interactions.filter((one) => newest.get(policy.key(one.request)) === one.recording.session);
}

const MARKS = { same: ['green', '='], drifted: ['yellow', '~'], skipped: ['dim', '?'] } as const;

function lines({ action, target, outcome, reason, differences }: Verified, { style }: Terminal): string {
  const [colour, mark] = MARKS[outcome];
  const why = reason === undefined ? '' : ` (${reason})`;
  return changeText(`${mark} ${action} ${target}${why}`, differences, (text) => style(colour, text));
}
