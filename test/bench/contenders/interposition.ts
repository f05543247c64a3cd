import { join } from 'node:path';
import { UnableError } from '../tasks/task.js';
import type { Contender } from './contender.js';

type Interposition = typeof import('../../../src/index.js');

/** The built package under its own name, as its users import it. */
const PACKAGE: string = 'interposition';

const load = () => import(PACKAGE) as Promise<Interposition>;

/** This library with its defaults. */
export const interposition: Contender = {
  name: 'interposition',
  package: 'interposition',
  imports: ['interposition/register'],
  load,
  async record({ folder, client }) {
    const { installInterposition } = await load();
    const installed = await installInterposition('record', { cassette: join(folder, 'cassette.json') });
    return async () => {
      await installed.uninstall();
      if (installed.cassette.size === 0) {
        throw new UnableError(`has no adapter for ${client} yet`);
      }
    };
  },
  async replay({ folder }) {
    const { installInterposition } = await load();
    const installed = await installInterposition('replay', { cassette: join(folder, 'cassette.json') });
    return () => installed.uninstall();
  },
};
