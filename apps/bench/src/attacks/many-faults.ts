import { type Attack, atOnce } from './attack.js';
import { publish } from './publish.js';

const EVENTS = 100;
const FAULTS = 900;

/** Batches of which every event has thousands of faults in places with long names. */
export const manyFaults: Attack = {
  name: 'batches with 90,000 faults',
  step(attacker) {
    const name = 'A'.repeat(20);
    const attributes = Array.from({ length: FAULTS }, (_, index) => `"${name}${index}":{}`).join(',');
    const event = `{"specversion":"1.0","id":"1","source":"/a","type":"interview_completed","data":{},${attributes}}`;
    const body = `[${Array.from({ length: EVENTS }, () => event).join(',')}]`;
    return atOnce(4, () => publish(attacker, body, 'application/cloudevents-batch+json'));
  },
};
