import { ERROR_CODES, EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import { component, objectSchema, orNull, timeSchema, uuidSchema } from '@skillora/rest';

import { AUDITED_STATUSES } from '../projection/audited-status.js';
import { MAX_ATTEMPTS } from './delivery-queries.js';

const errorCode = { enum: [...ERROR_CODES, null] };
const responseStatus = { type: ['integer', 'null'], minimum: 100, maximum: 999 };

const ms = { type: ['integer', 'null'], minimum: 0 };

const attemptSchema = component(
  'Attempt',
  objectSchema({
    number: { type: 'integer', minimum: 1, description: 'The first attempt of a delivery is 1.' },
    trigger: {
      enum: ['automatic', 'manual'],
      description: '`manual` if somebody asked for the attempt, else `automatic`.',
    },
    started_at: timeSchema,
    duration_ms: { type: 'integer', minimum: 0 },
    request_bytes: {
      type: ['integer', 'null'],
      minimum: 0,
      description:
        'The size of the request body in bytes, even if the request could not be sent. Null for old attempts, which did not record the size.',
    },
    url: {
      type: ['string', 'null'],
      description:
        'The endpoint’s URL as this attempt used it. Null for tokens without the scope `endpoints:read`, and for old attempts, which did not record it.',
    },
    endpoint_version: {
      type: ['integer', 'null'],
      minimum: 0,
      description:
        'The version of the endpoint that this attempt used: each change of an endpoint makes the next version. Null for old attempts.',
    },
    remote_address: {
      type: ['string', 'null'],
      description:
        'The IP address of the connection. If no connection could be made, the last address that was tried. Null if there was none.',
    },
    signed_with: {
      type: ['array', 'null'],
      items: { type: 'string', pattern: '^[0-9a-f]{8}$' },
      description:
        'The secrets that signed the request, newest first: the first 8 hex digits of the SHA-256 of each secret’s text. Null if no request was made, and for old attempts.',
    },
    timings_ms: {
      ...orNull(objectSchema({ dns: ms, connect: ms, tls: ms, first_byte: ms })),
      description:
        'How long each phase took, in milliseconds: `dns` resolves the host name, `connect` opens the connection, `tls` is the handshake, and `first_byte` lasts from the request to the first byte of the answer. A phase that did not take place or did not end is null. On a connection that is used again, only `first_byte` has a time. Null for old attempts.',
    },
    response_status: responseStatus,
    response_headers: {
      type: ['object', 'null'],
      additionalProperties: { type: 'string' },
      description:
        'The headers of your server’s answer, with names in lower case: the first 32, with 512 characters of each value and 2,048 in all. Headers about the connection, for example `connection`, are left out. The value of a header that holds a credential, for example `set-cookie`, is “…”. Null if no answer came.',
    },
    response_body: {
      type: ['string', 'null'],
      description: 'The first 4 KiB of your server’s answer, as text.',
    },
    error: { ...errorCode, description: 'A code for what went wrong. Null if the attempt succeeded.' },
    error_detail: { type: ['string', 'null'], description: 'What went wrong, in a few sentences.' },
  }),
);

/** A delivery with its newest attempts, as answers have it. */
export const deliverySchema = component(
  'Delivery',
  objectSchema({
    id: {
      ...uuidSchema,
      description:
        'Your server receives this id in the header `X-Webhook-Id`. Every attempt has the same id.',
    },
    event_id: uuidSchema,
    endpoint_id: uuidSchema,
    event_type: { enum: [...EVENT_TYPES, TEST_EVENT_TYPE] },
    status: {
      enum: AUDITED_STATUSES,
      description:
        '`pending`: no attempt has ended yet. `retrying`: every attempt so far failed, and the next one is scheduled. `success`: your server answered 2xx. `failed`: the last automatic attempt failed. `filtered`: nothing is sent, because the filter of the endpoint left the event out.',
    },
    attempt_count: { type: 'integer', minimum: 0, description: 'How many attempts were made.' },
    next_retry_at: {
      ...orNull(timeSchema),
      description: 'When the next attempt is due. Null if none is scheduled.',
    },
    response_status: {
      ...responseStatus,
      description: 'The HTTP status of the newest attempt. Null if your server did not answer.',
    },
    error: {
      ...errorCode,
      description: 'A code for why the newest attempt failed, or why the delivery ended. Null if neither.',
    },
    created_at: timeSchema,
    updated_at: timeSchema,
    delivered_at: {
      ...orNull(timeSchema),
      description: 'When your server answered 2xx. Null if it has not.',
    },
    attempts: {
      type: 'array',
      items: attemptSchema,
      maxItems: MAX_ATTEMPTS,
      description: `The newest ${MAX_ATTEMPTS} attempts, oldest first. \`attempt_count\` counts all attempts.`,
    },
  }),
);

/** An example of {@link deliverySchema}. */
export const deliveryExample = {
  id: '5a0d8f4e-6f0b-5a53-9d9c-2f1f2a3b4c5d',
  event_id: '0e7c8b54-3c2e-5d6a-9a2f-6b1d5c4e3f21',
  endpoint_id: '123e4567-e89b-12d3-a456-426614174000',
  event_type: 'interview_completed',
  status: 'retrying',
  attempt_count: 1,
  next_retry_at: '2024-01-15T14:31:00.900Z',
  response_status: 500,
  error: 'http_status',
  created_at: '2024-01-15T14:30:00.250Z',
  updated_at: '2024-01-15T14:30:00.900Z',
  delivered_at: null,
  attempts: [
    {
      number: 1,
      trigger: 'automatic',
      started_at: '2024-01-15T14:30:00.400Z',
      duration_ms: 480,
      request_bytes: 1_204,
      url: 'https://your-domain.com/webhooks/skillora',
      endpoint_version: 3,
      remote_address: '203.0.113.10',
      signed_with: ['1f3a5c7e'],
      timings_ms: { dns: 12, connect: 31, tls: 64, first_byte: 370 },
      response_status: 500,
      response_headers: { 'content-type': 'text/plain', 'set-cookie': '…' },
      response_body: 'we are sorry',
      error: 'http_status',
      error_detail: 'The endpoint answered with status 500.',
    },
  ],
};
