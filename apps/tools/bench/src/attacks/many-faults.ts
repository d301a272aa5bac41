import { setTimeout as delay } from 'node:timers/promises';

import { type Attack, atOnce } from './attack.js';
import { publish } from './publish.js';

const EVENTS = 80;
const FAULTS = 1_000;

const NAME = 'A'.repeat(20);
/** Numbers that JavaScript cannot hold. */
const NUMBERS = Array.from({ length: FAULTS }, (_, index) => `"${NAME}${index}":12345678901234567890`).join(
  ',',
);
const EVENT = `{"specversion":"1.0","id":"1","source":"/a","type":"interview_completed","time":"2026-01-15T14:30:00Z","data":{${NUMBERS}}}`;
/** Created once, because creating it takes the attacker longer than the system needs for it. */
const BODY = Buffer.from(`[${Array.from({ length: EVENTS }, () => EVENT).join(',')}]`);

/** Batches in which every event has thousands of faults in fields with long names. */
export const manyFaults: Attack = {
  name: 'four batches a second with 80,000 faults each',
  async step(attacker) {
    await delay(1_000);
    return atOnce(4, () => publish(attacker, BODY, 'application/cloudevents-batch+json'));
  },
};
