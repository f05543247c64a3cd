import { once } from 'node:events';
import { type Task, UnableError } from '../tasks/task.js';
import { startTask } from '../tasks/tasks.js';
import type { Job, Order, Report } from './messages.js';

// A contestant's process: its patches and its heap are its own. The parent says when it runs.

function say(report: Report): Promise<void> {
  return new Promise((resolve) => process.send?.(report, () => resolve()));
}

async function obey(task: Task): Promise<void> {
  for (;;) {
    const [order] = (await once(process, 'message')) as [Order];
    if (order === 'stop') {
      await task.stop();
      await say({ stopped: true });
      return;
    }
    await say({ sample: await task.round(order.from, order.count) });
  }
}

// A parent that is gone leaves no child behind.
process.on('disconnect', () => process.exit());

try {
  const task = await startTask(JSON.parse(process.argv[2] as string) as Job);
  await say({ ready: true });
  await obey(task);
  process.disconnect?.();
} catch (error) {
  if (error instanceof UnableError) {
    await say({ unable: error.message });
  } else {
    await say({ wrong: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.disconnect?.();
}
