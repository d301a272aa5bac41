import type { AttemptRow, DeliveryRow } from './delivery-queries.js';
import { presentDelivery } from './present-delivery.js';

const OLD: AttemptRow = {
  trigger: 'automatic',
  started_at: '2026-01-15T14:30:00.123+00:00',
  duration_ms: 12,
  request_bytes: null,
  response_status: 500,
  response_body: 'oh no',
  error: 'http_status',
  error_detail: null,
  number: null,
  url: null,
  remote_address: null,
  endpoint_version: null,
  dns_ms: null,
  connect_ms: null,
  tls_ms: null,
  first_byte_ms: null,
  response_headers: null,
  signed_with: null,
};
const NEW: AttemptRow = {
  ...OLD,
  number: 3,
  url: 'https://example.com/hook?key=of-somebody',
  remote_address: '2001:db8::7',
  endpoint_version: 4,
  first_byte_ms: 0,
  response_headers: 'content-type:text/plain\nset-cookie:…',
  signed_with: 'ffee0011 0a1b2c3d',
};

const present = (attempts: AttemptRow[], ...scopes: Parameters<typeof presentDelivery>[1]) =>
  presentDelivery(
    {
      attempt_count: attempts.length + 1,
      created_at: new Date(0),
      updated_at: new Date(0),
      attempts,
    } as unknown as DeliveryRow,
    scopes,
  ).attempts;

describe('an attempt, as customers see it', () => {
  it('shows what was done, and null for phases that did not take place', () => {
    expect(present([NEW], 'deliveries:read', 'endpoints:read')).toMatchObject([
      {
        number: 3,
        url: 'https://example.com/hook?key=of-somebody',
        remote_address: '2001:db8::7',
        endpoint_version: 4,
        signed_with: ['ffee0011', '0a1b2c3d'],
        timings_ms: { dns: null, connect: null, tls: null, first_byte: 0 },
        response_headers: { 'content-type': 'text/plain', 'set-cookie': '…' },
      },
    ]);
  });

  it('hides its URL from those who may not read endpoints: it may hold a credential', () => {
    expect(JSON.stringify(present([NEW], 'deliveries:read'))).not.toContain('of-somebody');
  });

  it('of an earlier release has the same fields, null where nothing is known, and a number all the same', () => {
    const [old, next] = present([OLD, NEW], 'deliveries:read', 'endpoints:read');
    expect(Object.keys(old ?? {})).toEqual(Object.keys(next ?? {}));
    expect(old).toMatchObject({
      number: 2,
      url: null,
      remote_address: null,
      endpoint_version: null,
      signed_with: null,
      timings_ms: null,
      response_headers: null,
    });
  });

  it('has no part of the answer where that was not asked for', () => {
    const { response_body: _, response_headers: __, ...streamed } = NEW;
    const [shown] = present([streamed], 'endpoints:read');
    expect(Object.keys(shown ?? {})).not.toEqual(expect.arrayContaining(['response_body']));
    expect(Object.keys(shown ?? {})).not.toEqual(expect.arrayContaining(['response_headers']));
  });
});
