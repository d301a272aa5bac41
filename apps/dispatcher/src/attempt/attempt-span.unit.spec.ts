import type { Delivery, DeliveryResult } from '@skillora/contracts';
import type { SpanEnd, SpanStart, Tracer } from '@skillora/operability';

import { type EndedAttempt, recordAttempt } from './attempt-span.js';

const PARENT = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const OWN = { traceparent: `00-${'a'.repeat(32)}-${'c'.repeat(16)}-01` };

/** Notes what it is told. */
class NotingTracer implements Tracer {
  readonly isRecording = true;
  readonly spans: { name: string; start: SpanStart; end: SpanEnd | undefined }[] = [];

  start(name: string, start: SpanStart) {
    return { context: OWN, end: (end?: SpanEnd) => void this.spans.push({ name, start, end }) };
  }
}

const delivery: Delivery = {
  deliveryId: 'd-1',
  eventId: 'e-1',
  endpointId: 'p-1',
  organizationId: 'o-1',
  eventType: 'interview_completed',
  createdAt: '2026-01-02T03:04:05.000Z',
  round: 0,
  step: 2,
  trigger: 'automatic',
  dueAt: '2026-01-02T03:04:05.000Z',
  endpointVersion: 1,
  body: '{"secret":"of the customer"}',
};
const { endpointVersion: _version, body: _body, dueAt: _dueAt, ...identity } = delivery;
const result: DeliveryResult = {
  ...identity,
  status: 'retrying',
  attempt: {
    startedAt: '2026-01-02T03:05:00.000Z',
    durationMs: 1_500,
    responseStatus: 503,
    responseBody: 'an answer',
    error: 'http_status',
    errorDetail: null,
  },
  error: 'http_status',
  nextRetryAt: '2026-01-02T03:10:01.500Z',
  at: '2026-01-02T03:05:01.500Z',
};

function recorded(change: Partial<EndedAttempt> = {}) {
  const tracer = new NotingTracer();
  const url = 'https://user.example.com/hooks/a-token?key=another';
  const context = recordAttempt(tracer, {
    delivery,
    parent: PARENT,
    result,
    posted: true,
    lane: 'main',
    url,
    ...change,
  });
  const [span] = tracer.spans;
  if (!span) throw new Error('nothing was recorded');
  return { ...span, context };
}

describe('the span of an attempt', () => {
  it('is a part of what its delivery came from, and has the attempt’s own time and outcome', () => {
    const { name, start, end, context } = recorded();
    expect(context).toBe(OWN);
    expect([name, start.role, start.parent]).toEqual(['POST', 'client', PARENT]);
    expect(start.startedAt).toBe(Date.parse('2026-01-02T03:05:00.000Z'));
    expect(end?.endedAt).toBe(Date.parse('2026-01-02T03:05:01.500Z'));
    expect(end?.error).toBe('http_status');
    expect(start.attributes).toMatchObject({
      'webhook.delivery.id': 'd-1',
      'webhook.event.id': 'e-1',
      'webhook.endpoint.id': 'p-1',
      'webhook.attempt.step': 2,
    });
    expect(end?.attributes).toMatchObject({
      'http.response.status_code': 503,
      'http.request.resend_count': 1,
      'server.address': 'user.example.com',
      'server.port': 443,
      'webhook.delivery.status': 'retrying',
    });
  });

  it('holds nothing of path, query, body or answer', () => {
    const text = JSON.stringify(recorded());
    for (const secret of ['hooks', 'a-token', 'another', 'of the customer', 'an answer'])
      expect(text).not.toContain(secret);
  });

  it('is no request where nothing was sent', () => {
    const { name, start, end } = recorded({
      posted: false,
      result: { ...result, status: 'failed', attempt: null, error: 'endpoint_deleted', nextRetryAt: null },
    });
    expect([name, start.role, end?.error]).toEqual(['end without a request', 'internal', 'endpoint_deleted']);
    expect(end?.attributes).not.toHaveProperty('http.request.method');
  });

  it.each([undefined, 'no url at all'])('goes without an address where there is none: %s', (url) => {
    expect(recorded({ url }).end?.attributes).toMatchObject({ 'server.address': undefined });
  });
});
