import { HttpPublisher, NotAccepted } from '@skillora/load';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { ask, type Attack, type Attacker } from './attack.js';

const ENDPOINTS = 200;

/** As many endpoints as the organisation gets, on one server that never answers, and events for all of them. */
export const hangingEndpoints: Attack = {
  name: `${ENDPOINTS} endpoints on one server that hangs`,
  async prepare(attacker) {
    for (let index = 0; index < ENDPOINTS; index += 1) await create(attacker, index);
  },
  async step({ address, token }) {
    await delay(500);
    const publisher = new HttpPublisher(address.ingest, token);
    return publisher.publish(Array.from({ length: 5 }, () => randomUUID())).then(
      () => ['202'],
      (error: unknown) => [String((error instanceof NotAccepted ? error.status : null) ?? 'no answer')],
    );
  },
};

const BODY_BYTES = 250_000;

/** Events of the largest size there is, each of which becomes as many deliveries as the organisation has endpoints. */
export const largeFanOuts: Attack = {
  name: `events of 250 kB to ${ENDPOINTS} endpoints`,
  prepare: (attacker) => hangingEndpoints.prepare?.(attacker) ?? Promise.resolve(),
  async step(attacker) {
    await delay(500);
    const data = {
      ...{ interview_id: randomUUID(), candidate_id: 'c', job_id: 'j', status: 'completed' },
      padding: 'x'.repeat(BODY_BYTES),
    };
    const event = { specversion: '1.0', id: randomUUID(), source: '/a', type: 'interview_completed', data };
    const answer = await ask(attacker, `${attacker.address.ingest}/api/v1/interview-completions/`, {
      ...{ method: 'POST', contentType: 'application/cloudevents+json' },
      body: JSON.stringify(event),
    });
    return [answer];
  },
};

/** Creates one endpoint; waits where the limit of requests says so. */
async function create(attacker: Attacker, index: number): Promise<void> {
  const [server = ''] = attacker.servers;
  for (;;) {
    const status = await ask(attacker, `${attacker.address.api}/api/v1/webhook-endpoints/`, {
      method: 'POST',
      body: JSON.stringify({ url: `${server}${index}`, events: ['interview_completed'] }),
    });
    if (status !== '429') return;
    await delay(1_000);
  }
}
