import type { Delivery } from '@skillora/contracts';

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
