import type { Attempt } from '../api/types.js';
import { evidenceOf } from './evidence.js';

const attempt = (fields: Partial<Attempt> = {}): Attempt => ({
  number: 1,
  trigger: 'automatic',
  started_at: '2024-01-15T14:30:00.000Z',
  duration_ms: 480,
  request_bytes: 12,
  url: 'https://a.example/hook',
  endpoint_version: 3,
  remote_address: '203.0.113.10',
  signed_with: ['1f3a5c7e', '0a1b2c3d'],
  timings_ms: { dns: 12, connect: 31, tls: 64, first_byte: 1_370 },
  response_headers: {},
  response_status: 200,
  response_body: '',
  error: null,
  error_detail: null,
  ...fields,
});

describe('the evidence of an attempt', () => {
  it('says where it went, what signed it, and how long each phase took', () => {
    expect(evidenceOf(attempt())).toEqual([
      ['URL', 'https://a.example/hook'],
      ['Address', '203.0.113.10'],
      ['Endpoint’s version', '3'],
      ['Signed with', '1f3a5c7e, 0a1b2c3d (fingerprint)'],
      ['Name', '12 ms'],
      ['Connection', '31 ms'],
      ['TLS', '64 ms'],
      ['First byte', '1.37 s'],
    ]);
  });

  it('leaves out phases that did not take place, and says that a connection was used again', () => {
    const again = attempt({ timings_ms: { dns: null, connect: null, tls: null, first_byte: 9 } });
    expect(evidenceOf(again)?.slice(4)).toEqual([
      ['Connection', 'an open one was used again'],
      ['First byte', '9 ms'],
    ]);
    const refused = attempt({ timings_ms: { dns: null, connect: null, tls: null, first_byte: null } });
    expect(evidenceOf(refused)).toHaveLength(4);
  });

  it('says of what is not known that it is not', () => {
    const little = attempt({ url: null, remote_address: null, endpoint_version: null, signed_with: null });
    expect(
      evidenceOf(little)
        ?.slice(0, 4)
        .map(([, value]) => value),
    ).toEqual([
      'Not known, or your token lacks the scope endpoints:read',
      'None was reached',
      'Not known',
      'Nothing was signed',
    ]);
  });

  it('is not there for an attempt from before it was recorded', () => {
    expect(evidenceOf(attempt({ timings_ms: null }))).toBeNull();
  });
});
