import { ask, type Attack, atOnce } from './attack.js';
import { publishLargeEvent } from './large-event.js';

const EVENTS = 200;

/** Pages of the largest events, read again and again. */
export const largePages: Attack = {
  name: `pages of ${EVENTS} events of 250 kB`,
  async prepare(attacker) {
    for (let sent = 0; sent < EVENTS; sent += 1) await publishLargeEvent(attacker);
  },
  step(attacker) {
    const { api } = attacker.address;
    return atOnce(4, () => ask(attacker, `${api}/api/v1/webhook-events/?page_size=200`));
  },
};
