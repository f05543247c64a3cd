import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Sample, UnableError } from '../tasks/task.js';
import type { Job, Order, Report, TaskName } from './messages.js';
import { plainEnvironment } from './plain-environment.js';

const SILENCE_MS = 180_000;

/** Tasks that tell what is held on the heap. */
const WEIGHED: ReadonlySet<TaskName> = new Set(['open', 'parse']);

/** A child that runs a task round by round. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #name: string;
  #said = '';

  private constructor(job: Job) {
    this.#name = `${job.contender}, ${job.task} of ${job.count} ${job.traffic} by ${job.client}`;
    this.#child = fork(fileURLToPath(new URL('child.js', import.meta.url)), [JSON.stringify(job)], {
      execArgv: ['--no-warnings', ...(WEIGHED.has(job.task) ? ['--expose-gc'] : [])],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: plainEnvironment(),
    });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#said += text.toString();
    });
  }

  /** @throws UnableError where the contender cannot do this. */
  static async start(job: Job): Promise<Worker> {
    const worker = new Worker(job);
    await worker.#next();
    return worker;
  }

  /** @returns What the steps took together. */
  async round(from: number, count: number): Promise<Sample> {
    const report = await this.#ask({ from, count });
    if (!('sample' in report)) {
      throw new Error(`${this.#name}: no answer to a round`);
    }
    return report.sample;
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    const gone = this.#gone();
    if (this.#child.connected) {
      await this.#ask('stop');
    }
    await gone;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(order: Order): Promise<Report> {
    this.#child.send(order);
    return this.#next();
  }

  #gone(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        resolve();
      } else {
        this.#child.once('exit', () => resolve());
      }
    });
  }

  #next(): Promise<Report> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#child.off('message', onMessage).off('close', onClose);
        settle();
      };
      const fail = (message: string) => end(() => reject(new Error(`${this.#name}: ${message}`)));
      const onClose = (code: number | null, signal: string | null) =>
        fail(`ended (${signal ?? code})\n${this.#said}`);
      const onMessage = (report: Report) => {
        if ('unable' in report) {
          end(() => reject(new UnableError(report.unable)));
        } else if ('wrong' in report) {
          fail(report.wrong);
        } else {
          end(() => resolve(report));
        }
      };
      const timer = setTimeout(() => {
        this.kill();
        fail(`silent for ${SILENCE_MS / 1000} s: killed`);
      }, SILENCE_MS);
      this.#child.on('message', onMessage).on('close', onClose);
    });
  }
}
