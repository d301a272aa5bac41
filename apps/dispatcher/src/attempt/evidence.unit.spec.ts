import type { EndpointState } from '@skillora/contracts';

import { anyDelivery } from '../testing/any-delivery.js';
import { evidenceOf } from './evidence.js';

const AT = '2026-03-04T03:06:07.000Z';
const delivery = anyDelivery({ createdAt: AT, dueAt: AT });
const endpoint = { id: 'p', url: 'https://example.com/hook', version: 7 } as EndpointState;

describe('the evidence of an attempt', () => {
  it('names the URL and the version used, and the secrets that signed, the newest first', () => {
    const secrets = { current: 'abc', former: ['the one before'] };
    expect(evidenceOf({ ...delivery, step: 2 }, endpoint, secrets, [1_000])).toEqual({
      number: 2,
      url: 'https://example.com/hook',
      endpointVersion: 7,
      // printf abc | sha256sum
      signedWith: ['ba7816bf', expect.stringMatching(/^[0-9a-f]{8}$/)],
    });
  });

  it('says that nothing signed where no request was made', () => {
    expect(evidenceOf(delivery, endpoint, null, [1_000])).toMatchObject({
      url: endpoint.url,
      signedWith: null,
    });
  });

  it('has nulls where the endpoint is not known', () => {
    expect(evidenceOf(delivery, undefined, null, [1_000])).toEqual({
      number: 1,
      url: null,
      endpointVersion: null,
      signedWith: null,
    });
  });
});
