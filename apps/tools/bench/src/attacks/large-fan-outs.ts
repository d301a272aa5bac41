import { setTimeout as delay } from 'node:timers/promises';

import type { Attack } from './attack.js';
import { registerAll } from './hanging-endpoints.js';
import { publishLargeEvent } from './large-event.js';

/** Events of the maximum size; each becomes as many deliveries as the organisation has endpoints. */
export const largeFanOuts: Attack = {
  name: 'events of 250 kB to all endpoints that an organisation gets',
  prepare: registerAll,
  async step(attacker) {
    await delay(500);
    return [await publishLargeEvent(attacker)];
  },
};
