import { signedWith, webhookHeaders } from '@skillora/signing';

import { requestAsSent } from './request-as-sent.js';

const CONTENT = {
  deliveryId: '123e4567-e89b-52d3-a456-426614174000',
  eventId: '0f9d8c7b-6a5e-5d4c-8b3a-291817161514',
  eventType: 'interview_completed',
  attempt: 2,
  body: Buffer.from('{"name":"Zoë"}'),
};
const STARTED_AT = '2026-01-15T14:30:00.9+00:00';
const secrets = { current: 'the newest one then', former: ['the one before it'] };
const attempt = {
  started_at: STARTED_AT,
  number: 2,
  url: 'https://example.com/then',
  signed_with: signedWith(secrets).join(' '),
  header_names: null,
};
const sent = webhookHeaders(CONTENT, secrets, new Date(STARTED_AT));
const unsigned = { 'X-Webhook-Signature-256': null, 'webhook-signature': null };

describe('the request of an attempt, as it was sent', () => {
  it('is the same while its secrets are kept, whatever came after them and in whatever order', () => {
    const known = ['a newer one', 'the one before it', 'the newest one then'];
    expect(requestAsSent(CONTENT, attempt, known)).toEqual({
      method: 'POST',
      url: 'https://example.com/then',
      headers: sent,
      body: '{"name":"Zoë"}',
    });
  });

  it('has no signature by another secret once its own are gone', () => {
    expect(requestAsSent(CONTENT, attempt, ['a newer one']).headers).toEqual({ ...sent, ...unsigned });
    expect(requestAsSent(CONTENT, attempt, []).headers).toEqual({ ...sent, ...unsigned });
  });

  it('has no signature where none was made', () => {
    const { headers } = requestAsSent(CONTENT, { ...attempt, signed_with: null }, ['the newest one then']);
    expect(headers).toEqual({ ...sent, ...unsigned });
  });

  it('of an earlier release has no header that it did not have', () => {
    const old = { started_at: STARTED_AT, number: null, url: null, signed_with: null, header_names: null };
    const { 'X-Webhook-Event-Id': _, 'X-Webhook-Attempt': __, ...others } = sent;
    expect(requestAsSent(CONTENT, old, ['the newest one then'])).toMatchObject({ url: null });
    expect(requestAsSent(CONTENT, old, ['the newest one then']).headers).toEqual({ ...others, ...unsigned });
  });

  it('has its extra headers, with their values masked, in the place of ours of the same name', () => {
    const withExtra = { ...attempt, header_names: 'X-Gateway accept Authorization' };
    const { Accept: _, ...others } = sent;
    expect(requestAsSent(CONTENT, withExtra, [secrets.current, ...secrets.former]).headers).toEqual({
      ...others,
      'X-Gateway': '***',
      accept: '***',
      Authorization: '***',
    });
  });
});
