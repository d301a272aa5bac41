import { setTimeout as delay } from 'node:timers/promises';

import { type Attack, atOnce } from './attack.js';
import { publish } from './publish.js';

/** Created once, because creating it takes the attacker longer than the system needs for it. */
const BODY = Buffer.from(
  `{"specversion":"1.0","id":"1","source":"/a","type":"interview_completed","data":{"n":1${'0'.repeat(4_000_000)}1}}`,
);

/** Bodies that are one long number: the system's work once grew with the square of its length. */
export const longNumbers: Attack = {
  name: 'four bodies a second of 4 MB, each one long number',
  async step(attacker) {
    await delay(1_000);
    return atOnce(4, () => publish(attacker, BODY, 'application/cloudevents+json'));
  },
};
