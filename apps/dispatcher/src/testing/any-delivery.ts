import type { Delivery } from '@skillora/contracts';

/** A delivery of which a test names what it is about. */
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
