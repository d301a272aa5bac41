import { createHmac } from 'node:crypto';

import { standardWebhooksKey, standardWebhooksSecret } from '@skillora/signing';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

import { signedRequest } from './signed-request.js';
import { attemptSignedWith, SECRETS, type SentRequest } from './testing/attempt.js';

const only = (current: string) => ({ current, former: [] });
const withFormer = { current: SECRETS.generated, former: [SECRETS.former] };

describe('a request', () => {
  it('carries the headers of the guide and those of Standard Webhooks', () => {
    const { headers } = attemptSignedWith(only(SECRETS.generated), new Date('2026-01-15T14:30:00.900Z'));
    expect(headers).toEqual({
      Accept: '*/*',
      'Content-Type': 'application/json',
      'User-Agent': 'Skillora-Webhook/1.0',
      'X-Webhook-Signature-256': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
      'X-Webhook-Event': 'interview_completed',
      'X-Webhook-Delivery': '2026-01-15T14:30:00Z',
      'X-Webhook-Id': '123e4567-e89b-52d3-a456-426614174000',
      'X-Webhook-Event-Id': '0f9d8c7b-6a5e-5d4c-8b3a-291817161514',
      'X-Webhook-Attempt': '3',
      'webhook-id': '123e4567-e89b-52d3-a456-426614174000',
      'webhook-timestamp': '1768487400',
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
  });

  it('of a test names the type whose example it sends, and is marked as a test', () => {
    const headersOf = (eventType: 'test' | 'interview_completed', event: string) => {
      const delivery = {
        deliveryId: 'd',
        eventId: 'e',
        eventType,
        body: JSON.stringify({ event, data: {} }),
      };
      const target = { url: 'https://example.com/' };
      const { headers } = signedRequest(delivery, target, only(SECRETS.generated), new Date(), 1);
      return [headers['X-Webhook-Event'], headers['X-Webhook-Test']];
    };
    expect(headersOf('test', 'interview.completed')).toEqual(['interview_completed', 'true']);
    expect(headersOf('test', 'test')).toEqual(['test', 'true']);
    expect(headersOf('interview_completed', 'interview.completed')).toEqual([
      'interview_completed',
      undefined,
    ]);
  });

  it('has the whole secret for the key of the guide’s signature, and only the newest', () => {
    const { body, headers } = attemptSignedWith(withFormer);
    const expected = createHmac('sha256', SECRETS.generated).update(body).digest('hex');
    expect(headers['X-Webhook-Signature-256']).toBe(`sha256=${expected}`);
  });
});

describe.each([
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const)('a receiver with the %s library', (_, Library) => {
  const verify = ({ body, headers }: SentRequest, secret: string): unknown =>
    new Library(secret).verify(body, headers);

  it('verifies what was signed with a generated secret', () => {
    expect(() => verify(attemptSignedWith(only(SECRETS.generated)), SECRETS.generated)).not.toThrow();
  });

  it('verifies with the former secret and with the new one while both count', () => {
    expect(() => verify(attemptSignedWith(withFormer), SECRETS.former)).not.toThrow();
    expect(() => verify(attemptSignedWith(withFormer), SECRETS.generated)).not.toThrow();
    expect(() => verify(attemptSignedWith(only(SECRETS.generated)), SECRETS.former)).toThrow(/No matching/);
  });

  it('refuses another body, another id, and a request that is old', () => {
    const sent = attemptSignedWith(only(SECRETS.generated));
    expect(() => verify({ ...sent, body: `${sent.body} ` }, SECRETS.generated)).toThrow(/No matching/);
    const moved = { ...sent, headers: { ...sent.headers, 'webhook-id': 'another' } };
    expect(() => verify(moved, SECRETS.generated)).toThrow(/No matching/);
    const old = attemptSignedWith(only(SECRETS.generated), new Date(Date.now() - 600_000));
    expect(() => verify(old, SECRETS.generated)).toThrow(/too old/);
  });
});

describe.each([
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const)('a receiver with the %s library and the secret in its form', (_, Library) => {
  const verifies = (secret: string): void => {
    const { body, headers } = attemptSignedWith(only(secret));
    expect(() => new Library(standardWebhooksSecret(secret)).verify(body, headers)).not.toThrow();
  };

  it.each(Object.values(SECRETS))('verifies with %s', verifies);

  it('verifies with any secret that a customer can choose', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 16, maxLength: 80 }), verifies));
    const base64 = fc.base64String({ minLength: 16, maxLength: 80 });
    fc.assert(fc.property(base64, verifies));
    fc.assert(fc.property(base64, (text) => verifies(`whsec_${text}`)));
  });

  it('refuses what the secret itself, taken for base64, would make of it', () => {
    // Text that can be base64: the library decodes it without a word, and has another key.
    const secret = SECRETS.decodable;
    const { body, headers } = attemptSignedWith(only(secret));
    expect(() => new Library(secret).verify(body, headers)).toThrow(/No matching/);
  });
});

describe('a receiver with a secret of its own', () => {
  it.each([SECRETS.custom, SECRETS.lookalike])('verifies with its UTF-8 as a raw key: %s', (secret) => {
    const { body, headers } = attemptSignedWith(only(secret));
    const library = new StandardWebhook(new TextEncoder().encode(secret), { format: 'raw' });
    expect(() => library.verify(body, headers)).not.toThrow();
  });
});

describe('the form of a secret that libraries take', () => {
  it('is the secret itself where it was generated', () => {
    for (const secret of [SECRETS.generated, SECRETS.former]) {
      expect(standardWebhooksSecret(secret)).toBe(secret);
    }
  });

  it('stands for the same key, for every secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
        fc.pre(secret !== '');
        expect(standardWebhooksKey(standardWebhooksSecret(secret))).toEqual(standardWebhooksKey(secret));
      }),
    );
  });
});

describe('the key of a secret', () => {
  it.each([
    ['whsec_AAAA', Buffer.alloc(3)],
    ['whsec_AAA=', Buffer.alloc(2)],
    ['whsec_', Buffer.from('whsec_')],
    ['whsec_AAA', Buffer.from('whsec_AAA')],
    ['whsec_AAB=', Buffer.from('whsec_AAB=')],
    ['AAAA', Buffer.from('AAAA')],
    ['clé', Buffer.from('clé', 'utf8')],
  ])('%s is what its base64 stands for, or else its UTF-8', (secret, key) => {
    expect(standardWebhooksKey(secret)).toEqual(key);
  });
});
