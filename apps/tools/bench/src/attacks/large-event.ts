import { randomUUID } from 'node:crypto';

import type { Attacker } from './attack.js';
import { publish } from './publish.js';

/** Nearly the maximum size of an event, in one-byte characters. */
const PADDING = 'x'.repeat(250_000);

/** Publishes an event of 250 kB. @returns the answer. */
export function publishLargeEvent(attacker: Attacker): Promise<string> {
  const data = {
    interview_id: randomUUID(),
    candidate_id: 'c',
    job_id: 'j',
    status: 'completed',
    padding: PADDING,
  };
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/a',
    type: 'interview_completed',
    time: new Date().toISOString(),
    data,
  };
  return publish(attacker, JSON.stringify(event), 'application/cloudevents+json');
}
