import { BareDispatcher } from './bare/dispatcher.js';
import { fillSlots } from './bare/slots.js';
import { type Contender, exchangesOf } from './contender.js';

/** The limit: a global dispatcher that does nothing but look into a Map. */
export const bareDispatcher: Contender = {
  name: 'bare dispatcher',
  async load() {},
  cannot: ({ client }) => (client === 'node:http' ? 'node:http has no dispatchers' : undefined),
  async replay(recordings) {
    return fillSlots(new BareDispatcher(recordings.origin, exchangesOf(recordings)));
  },
};
