import { webhookHeaders, webhookHeadersAgain } from './webhook-headers.js';

const AT = new Date('2026-01-15T14:30:00.900Z');
const CONTENT = {
  deliveryId: '123e4567-e89b-52d3-a456-426614174000',
  eventId: '0f9d8c7b-6a5e-5d4c-8b3a-291817161514',
  eventType: 'test',
  attempt: 2,
  body: Buffer.from('{}'),
};
const SIGNATURES = ['X-Webhook-Signature-256', 'webhook-signature'] as const;

describe('the headers of an attempt, made once more', () => {
  const secrets = { current: 'the newest secret', former: ['the one before it'] };
  const sent = webhookHeaders(CONTENT, secrets, AT);

  it('are those that were sent, as long as all secrets that signed are known', () => {
    expect(webhookHeadersAgain(CONTENT, [secrets.current, ...secrets.former], AT)).toEqual(sent);
  });

  it('lack the signatures that a secret made which is not known any more', () => {
    const [guide, standard] = SIGNATURES;
    expect(webhookHeadersAgain(CONTENT, [secrets.current, null], AT)).toEqual({ ...sent, [standard]: null });
    for (const known of [[null, 'the one before it'], [null, null], []]) {
      expect(webhookHeadersAgain(CONTENT, known, AT)).toEqual({ ...sent, [guide]: null, [standard]: null });
    }
  });
});

describe('a test send', () => {
  it('is marked, and nothing else is', () => {
    const secrets = { current: 'the secret', former: [] };
    const marked = { ...CONTENT, isTest: true };
    expect(webhookHeaders(marked, secrets, AT)['X-Webhook-Test']).toBe('true');
    expect(webhookHeadersAgain(marked, [secrets.current], AT)['X-Webhook-Test']).toBe('true');
    expect(webhookHeaders(CONTENT, secrets, AT)).not.toHaveProperty('X-Webhook-Test');
  });
});
