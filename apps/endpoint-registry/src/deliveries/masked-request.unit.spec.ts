import { SCOPES } from '@skillora/contracts';
import { webhookHeaders } from '@skillora/signing';

import type { DeliveryRequest } from './shown-request.js';
import { maskedRequest } from './masked-request.js';

const CONTENT = {
  eventId: '0f9d8c7b-6a5e-5d4c-8b3a-291817161514',
  attempt: 1,
  deliveryId: 'a-delivery',
  eventType: 'interview_completed',
  body: Buffer.from('{}'),
};
const SECRETS = { current: 'whsec_current-secret-of-it', former: ['whsec_former-secret-of-it'] };
const REQUEST: DeliveryRequest = {
  method: 'POST',
  url: 'https://receiver.example/hook?key=secret',
  headers: webhookHeaders(CONTENT, SECRETS, new Date(0)),
  body: '{}',
  attempt: 1,
};
const SIGNATURES = ['X-Webhook-Signature-256', 'webhook-signature'];

describe('the request of a delivery', () => {
  it('is shown whole to a token that may read and change endpoints', () => {
    expect(maskedRequest(REQUEST, SCOPES)).toEqual(REQUEST);
  });

  it('has its signatures cut, each of them, for whoever may not change endpoints', () => {
    const { url, headers } = maskedRequest(REQUEST, ['deliveries:read', 'endpoints:read']);
    expect(url).toBe(REQUEST.url);
    expect(headers['X-Webhook-Signature-256']).toMatch(/^sha256=[0-9a-f]{8}…$/);
    expect(headers['webhook-signature']).toMatch(/^v1,[\w+/]{8}… v1,[\w+/]{8}…$/);
    for (const name of Object.keys(REQUEST.headers).filter((each) => !SIGNATURES.includes(each))) {
      expect([name, headers[name]]).toEqual([name, REQUEST.headers[name]]);
    }
  });

  it('has no URL for whoever may not read endpoints', () => {
    expect(maskedRequest(REQUEST, ['deliveries:read', 'endpoints:write'])).toEqual({ ...REQUEST, url: null });
  });
});
