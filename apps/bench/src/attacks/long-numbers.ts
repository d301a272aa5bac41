import { type Attack, atOnce } from './attack.js';
import { publish } from './publish.js';

const DIGITS = 4_000_000;

/** Bodies that are one long number: work grew with the square of its length. */
export const longNumbers: Attack = {
  name: 'bodies of 4 MB with one long number',
  step(attacker) {
    const body = `{"specversion":"1.0","id":"1","source":"/a","type":"interview_completed","data":{"n":1${'0'.repeat(DIGITS)}1}}`;
    return atOnce(4, () => publish(attacker, body, 'application/cloudevents+json'));
  },
};
