import { randomUUID } from 'node:crypto';

import { ask, type Attack, atOnce } from './attack.js';

const EVENTS = 200;
const DATA_BYTES = 250_000;

/** Pages of the largest events there are, read again and again. */
export const largePages: Attack = {
  name: `pages of ${EVENTS} events of 250 kB`,
  async prepare(attacker) {
    const padding = 'x'.repeat(DATA_BYTES);
    for (let sent = 0; sent < EVENTS; sent += 1) {
      const data = {
        interview_id: randomUUID(),
        candidate_id: 'c',
        job_id: 'j',
        status: 'completed',
        padding,
      };
      await ask(attacker, `${attacker.address.ingest}/api/v1/interview-completions/`, {
        method: 'POST',
        contentType: 'application/cloudevents+json',
        body: JSON.stringify({
          specversion: '1.0',
          id: randomUUID(),
          source: '/a',
          type: 'interview_completed',
          data,
        }),
      });
    }
  },
  step(attacker) {
    const { api } = attacker.address;
    return atOnce(4, () => ask(attacker, `${api}/api/v1/webhook-events/?page_size=200`));
  },
};
