import type { EventRow } from './event-queries.js';
import { eventJson, eventPageJson } from './present-event.js';

/** Bodies of events are what `JSON.stringify` writes. */
const payload = { event: 'interview.completed', data: { score: 85, 'a "key"': ['ü', null, { deep: {} }] } };
const row: EventRow = {
  id: '0e7c8b54-3c2e-5d6a-9a2f-6b1d5c4e3f21',
  event_type: 'interview_completed',
  payload: JSON.stringify(payload),
  occurred_at: new Date('2024-01-15T14:30:00Z'),
  created_at: new Date('2024-01-15T14:30:00.250Z'),
  deliveries: { success: 2 },
};
const shown = {
  id: row.id,
  event_type: 'interview_completed',
  payload,
  occurred_at: '2024-01-15T14:30:00.000Z',
  created_at: '2024-01-15T14:30:00.250Z',
  deliveries: { pending: 0, retrying: 0, success: 2, failed: 0, filtered: 0 },
};

describe('an event as customers see it', () => {
  it('has the stored payload, byte for byte as if it were parsed and written again', () => {
    expect(eventJson(row)).toBe(JSON.stringify(shown));
    expect(eventJson({ ...row, deliveries: null })).toBe(
      JSON.stringify({ ...shown, deliveries: { ...shown.deliveries, success: 0 } }),
    );
  });

  it.each([0, 1, 3])('is one of a page of %d', (length) => {
    const links = { next: 'https://api.example.com/?cursor=a', previous: null };
    expect(eventPageJson({ ...links, results: Array<EventRow>(length).fill(row) })).toBe(
      JSON.stringify({ ...links, results: Array(length).fill(shown) }),
    );
  });
});
