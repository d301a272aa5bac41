import { randomUUID } from 'node:crypto';

import type { CanonicalEvent } from '@skillora/contracts';

/** An event of its own, accepted now, with default values for the fields that a test does not set. */
export function anyEvent(
  named: Partial<CanonicalEvent> & Pick<CanonicalEvent, 'organizationId'>,
): CanonicalEvent {
  const { id = randomUUID() } = named;
  const now = new Date().toISOString();
  return {
    id,
    eventType: 'interview_completed',
    source: '/test',
    sourceId: id,
    occurredAt: now,
    acceptedAt: now,
    body: `{"event":"interview.completed","data":{"id":"${id}"}}`,
    ...named,
  };
}

/** An event whose body has at least `bytes` more than its id. */
export function eventWithBody(organizationId: string, bytes = 0): CanonicalEvent {
  const id = randomUUID();
  const padding = bytes === 0 ? '' : `,"padding":"${'x'.repeat(bytes)}"`;
  const body = `{"event":"interview.completed","data":{"id":"${id}"${padding}}}`;
  return anyEvent({ id, organizationId, body });
}
