import { randomUUID } from 'node:crypto';

import { type Delivery, deliveryId, type EndpointState, TEST_EVENT_TYPE } from '@skillora/contracts';

/** A delivery with default values for the fields that a test does not set. */
export function anyDelivery(named: Partial<Delivery> & Pick<Delivery, 'createdAt' | 'dueAt'>): Delivery {
  return {
    deliveryId: 'd',
    eventId: 'e',
    endpointId: 'p',
    organizationId: 'o',
    eventType: 'interview_completed',
    round: 0,
    step: 1,
    trigger: 'automatic',
    body: '{}',
    ...named,
  };
}

/** A test send to an endpoint, as a customer asks for it. */
export function aTestSend({ id: endpointId, organizationId, version }: EndpointState): Delivery {
  const eventId = randomUUID();
  const now = new Date().toISOString();
  return {
    deliveryId: deliveryId(eventId, endpointId),
    eventId,
    endpointId,
    organizationId,
    eventType: TEST_EVENT_TYPE,
    body: '{"event":"test"}',
    createdAt: now,
    round: 0,
    step: 1,
    trigger: 'automatic',
    dueAt: now,
    endpointVersion: version,
  };
}
