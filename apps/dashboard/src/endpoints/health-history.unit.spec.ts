import type { WebhookEvent } from '../api/types.js';
import { noticesAbout } from './health-history.js';

const event = (id: string, event_type: string, occurred_at: string, data: object): WebhookEvent => ({
  ...{ id, event_type, occurred_at, created_at: occurred_at, payload: { event: event_type, data } },
  deliveries: { pending: 0, retrying: 0, success: 0, failed: 0, filtered: 0 },
});

describe('the history of an endpoint’s health', () => {
  it('has the notices about it alone, newest first', () => {
    const since = '2026-01-15T10:00:00.000Z';
    const notices = noticesAbout('mine', [
      event('a', 'endpoint.failing', '2026-01-15T11:00:00.000Z', {
        endpoint_id: 'mine',
        failing_since: since,
      }),
      event('b', 'endpoint.failing', '2026-01-15T12:00:00.000Z', { endpoint_id: 'another' }),
      event('c', 'endpoint.disabled', '2026-01-15T13:00:00.000Z', { endpoint_id: 'mine', reason: 'gone' }),
      event('d', 'interview_completed', '2026-01-15T14:00:00.000Z', { endpoint_id: 'mine' }),
    ]);
    expect(notices.map(({ id, text, failingSince }) => [id, text, failingSince])).toEqual([
      ['c', 'Disabled: the server answered 410 Gone', null],
      ['a', 'Failing', since],
    ]);
  });
});
