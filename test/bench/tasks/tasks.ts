import type { Contender, Recordings } from '../contenders/contender.js';
import { contenderOf } from '../contenders/contenders.js';
import type { Job, TaskName } from '../processes/messages.js';
import { trafficOf } from '../traffic/traffic.js';
import { open, parse } from './open.js';
import { prepare } from './prepare.js';
import { record, refresh } from './record.js';
import { replay } from './replay.js';
import { type Task, UnableError } from './task.js';

/** What a task is about. */
export interface Assignment extends Recordings {
  readonly contender: Contender;
  readonly atOnce: number;
}

const TASKS: Record<TaskName, (assignment: Assignment) => Promise<Task>> = {
  prepare,
  replay,
  record,
  refresh,
  open,
  parse,
};

/** @throws UnableError where the contender cannot do it, or does not run on this Node. */
export async function startTask(job: Job): Promise<Task> {
  const contender = contenderOf(job.contender);
  try {
    await contender.load();
  } catch (error) {
    throw new UnableError(`does not load on Node ${process.versions.node}: ${(error as Error).message}`);
  }
  return TASKS[job.task]({ ...job, contender, traffic: trafficOf(job.traffic) });
}
