import { isUtf8 } from 'node:buffer';
import type { CoreBroker } from '../core/broker.js';
import { clearTimeout, monotonicNow, setImmediate, setTimeout } from '../core/clock.js';
import type { Interaction, InteractionRequest } from '../core/interaction.js';
import { type Pace, paceOf, whenDue } from '../core/pace.js';
import type { RecordingGroup } from '../core/recording.js';
import type { ReplaySocket } from '../http/replay-socket.js';
import type { ResponseHead } from '../http/response.js';
import { compressionOf, Inflater } from './extensions.js';
import { FrameReader, INVALID_FRAME, serverFrame } from './frames.js';
import { type Message, messagesOf } from './messages.js';

/** A recorded WebSocket that a program is connected to. */
export interface Connected {
  readonly socket: ReplaySocket;
  readonly interaction: Interaction;
  /** As this program got it. */
  readonly head: ResponseHead;
  readonly broker: CoreBroker;
  /** Who is told of what no client tells its program. */
  readonly group: RecordingGroup;
}

/** How long a program waits at the end of a recording that was cut off before that is said. */
const GRACE_MS = 1000;

const LONGEST_SHOWN = 200;

/**
 * The server's side of a recorded WebSocket. What the server said comes when the program has sent all that it had sent
 * before it when it was recorded; what the program sends has to be what was recorded, in this order. Pings and pongs of the
 * program do not count: when they come depends on the clock.
 */
export class ReplayedConnection {
  readonly #connected: Connected;
  readonly #messages: readonly Message[];
  /** Those of the program that count, and how many of them stand before each message. */
  readonly #expected: readonly Message[];
  readonly #before: readonly number[];
  readonly #answersPings: boolean;
  readonly #reader: FrameReader;
  readonly #begun = monotonicNow();
  readonly #pace: Pace | undefined;
  #next = 0;
  #received = 0;
  #isBusy = false;
  #isClosing = false;
  #isOver = false;
  #release: () => void = () => {};

  /** @throws InteractionValidationError for a recording whose chunks are no messages. */
  constructor(connected: Connected) {
    const { interaction, head, broker } = connected;
    const messages = messagesOf(interaction.responseChunks);
    const compression = compressionOf(head.headers);
    const inflater =
      compression === undefined || compression === 'unknown'
        ? undefined
        : new Inflater(compression.client.takeover, Number.POSITIVE_INFINITY);
    this.#connected = connected;
    this.#answersPings = answersPings(messages);
    this.#messages = withoutAnswers(messages);
    this.#expected = this.#messages.filter(counts);
    let count = 0;
    this.#before = this.#messages.map((message) => (counts(message) ? count++ : count));
    this.#reader = new FrameReader('client', inflater, (message) => this.#receive(message));
    this.#pace = paceOf(broker.latency, interaction);
  }

  /** The program gets its connection in this turn of the event loop; it may write at once. */
  open(): void {
    const { socket } = this.#connected;
    socket.receiver = (bytes) => {
      try {
        this.#reader.push(bytes);
      } catch (error) {
        // A function of the matching options may throw.
        this.#fail(error as Error);
      }
    };
    socket.once('close', () => {
      this.#isOver = true;
      this.#release();
    });
    this.#goOn();
  }

  // What the server says

  #goOn(): void {
    if (!this.#isBusy && !this.#isOver) {
      this.#isBusy = true;
      // A turn of the event loop a message.
      const next = () => this.#connected.socket.whenWanted(() => this.#say());
      if (this.#pace === undefined) {
        setImmediate(next);
      } else {
        const { length } = this.#messages;
        const due = this.#next < length ? this.#pace.chunk(this.#next, length) : this.#pace.end;
        this.#release = whenDue(this.#begun, due, next);
      }
    }
  }

  #say(): void {
    this.#isBusy = false;
    while (this.#messages[this.#next]?.from === 'client') {
      this.#next++;
    }
    const message = this.#messages[this.#next];
    const isDue =
      this.#received >= (message === undefined ? this.#expected.length : (this.#before[this.#next] ?? 0));
    if (this.#isOver || !isDue) {
      return;
    }
    if (message === undefined) {
      this.#finish();
      return;
    }
    this.#next++;
    const { socket } = this.#connected;
    if (message.type === 'end') {
      this.#end();
    } else if (message.type === 'cut') {
      this.#isOver = true;
      socket.destroy();
    } else {
      this.#isClosing ||= message.type === 'close';
      socket.give(serverFrame(message));
      this.#goOn();
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#connected.socket.push(null);
  }

  /** Nothing more was recorded. */
  #finish(): void {
    const { interaction, broker, group } = this.#connected;
    const { recording, request } = interaction;
    if (!recording.truncated) {
      this.#end();
      return;
    }
    const timer = setTimeout(() => {
      if (!group.closed) {
        broker.warn(
          `The recording of the WebSocket ${request.target} ends here: it was still open when it was recorded. It ` +
            'stays open, and nothing more will come. Record it again to have it whole.',
        );
      }
    }, GRACE_MS);
    this.#release = () => clearTimeout(timer);
  }

  // What the program sends

  #receive(message: Message): void {
    const { type, data } = message;
    if (this.#isOver || type === 'pong') {
      return;
    }
    if (type === 'ping') {
      if (this.#answersPings && !this.#isClosing) {
        this.#connected.socket.give(serverFrame({ type: 'pong', data }));
      }
      return;
    }
    if (this.#isClosing) {
      // The server has closed the WebSocket: it listens for nothing but the answer to that.
      if (type === 'close') {
        this.#received = this.#expected.length;
        this.#goOn();
      }
      return;
    }
    const recorded = this.#expected[this.#received];
    this.#received++;
    if (recorded === undefined && type === 'close' && this.#connected.interaction.recording.truncated) {
      this.#release();
      this.#connected.socket.give(serverFrame(message));
      this.#end();
    } else if (recorded === undefined || !this.#matches(recorded, message)) {
      this.#miss(recorded, message);
    } else {
      this.#goOn();
    }
  }

  #matches(recorded: Message, sent: Message): boolean {
    return this.#connected.broker.matches(this.#part(recorded), this.#part(sent));
  }

  #miss(recorded: Message | undefined, sent: Message): void {
    const { interaction, broker } = this.#connected;
    const error = broker.messageNotFound(
      interaction.request,
      this.#received,
      recorded && this.#part(recorded),
      this.#part(sent),
      shown,
    );
    this.#fail(error);
  }

  /**
   * A client has no way to hand on an error of ours. So it gets what makes it fail by itself, and whoever has made the scope
   * or the installation gets the error.
   */
  #fail(error: Error): void {
    const { socket, broker, group } = this.#connected;
    this.#isOver = true;
    broker.warn(error.message);
    group.fail(error);
    this.#release();
    socket.give(INVALID_FRAME);
    setImmediate(() => socket.whenWanted(() => setImmediate(() => socket.destroy())));
  }

  /** A message as a request: so what counts of a body counts of it, and secrets are found in it. */
  #part({ type, data, code }: Message): InteractionRequest {
    const { protocol, target } = this.#connected.interaction.request;
    return {
      protocol,
      action: code === undefined ? type : `${type} ${code}`,
      target,
      headers: [],
      body: data,
    };
  }
}

/** Is it of the program, and has it to come where it was recorded? */
function counts({ from, type }: Message): boolean {
  return from === 'client' && type !== 'ping' && type !== 'pong';
}

/** Did the server answer the program's pings? Where there were none, it would have. */
function answersPings(messages: readonly Message[]): boolean {
  const pinged = messages.some(({ from, type }) => from === 'client' && type === 'ping');
  return !pinged || withoutAnswers(messages).length < messages.length;
}

/** Without the server's answers to pings: they come when the program pings. */
function withoutAnswers(messages: readonly Message[]): Message[] {
  const pings: Uint8Array[] = [];
  return messages.filter(({ from, type, data }) => {
    if (from === 'client' && type === 'ping') {
      pings.push(data);
    }
    const answered = type === 'pong' ? pings.findIndex((ping) => Buffer.compare(ping, data) === 0) : -1;
    if (from === 'client' || answered === -1) {
      return true;
    }
    pings.splice(0, answered + 1);
    return false;
  });
}

function shown({ action, body }: InteractionRequest): string {
  if (body.byteLength === 0) {
    return action;
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = isUtf8(bytes) && action !== 'binary' ? bytes.toString() : bytes.toString('base64');
  return `${action} ${text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text}`;
}
