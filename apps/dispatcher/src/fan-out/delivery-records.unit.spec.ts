import { jest } from '@jest/globals';
import { type Delivery, deliverySchema, Topics } from '@skillora/contracts';
import { splitByBytes } from '@skillora/kafka';

import { bytesOf, DeliveryRecords } from './delivery-records.js';

const BODY_BYTES = 256 * 1_024;

function deliveries(count: number): Delivery[] {
  const body = 'x'.repeat(BODY_BYTES);
  return Array.from({ length: count }, (_, index) => ({
    deliveryId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    eventId: '00000000-0000-4000-8000-00000000000e',
    endpointId: `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`,
    organizationId: '00000000-0000-4000-8000-00000000000a',
    eventType: 'interview_completed',
    createdAt: '2026-01-15T14:30:00.000Z',
    round: 0,
    step: 1,
    trigger: 'automatic',
    dueAt: '2026-01-15T14:30:00.000Z',
    endpointVersion: 1,
    body,
  }));
}

describe('the deliveries of an event as records', () => {
  it('are each for its endpoint, in order', () => {
    const made = deliveries(3);
    const records = [...new DeliveryRecords(made, {})];
    expect(records.map(({ topic, key }) => [topic, key])).toEqual(
      made.map(({ endpointId }) => [Topics.deliveries, endpointId]),
    );
    expect(records.map(({ value }) => deliverySchema.decode(value ?? Buffer.alloc(0)))).toEqual(made);
  });

  it('are made as they are sent, so that those of 5,500 endpoints never are in memory together', () => {
    const made = deliveries(5_500);
    const records = new DeliveryRecords(made, {});
    const encode = jest.spyOn(deliverySchema, 'encode');
    let sent = 0;
    for (const run of splitByBytes(records)) {
      sent += run.length;
      // Those of the run, and the one that shows that it is full.
      expect(encode.mock.calls.length).toBeLessThanOrEqual(sent + 1);
      if (sent > 200) break;
    }
    encode.mockRestore();
    expect(bytesOf(made)).toBeGreaterThan(5_500 * BODY_BYTES);
  });
});
