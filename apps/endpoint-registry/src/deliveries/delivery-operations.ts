import { DELIVERY_STATUSES, ERROR_CODES, EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  type Answer,
  choiceParameter,
  component,
  fieldProblemsSchema,
  objectSchema,
  type OperationDescription,
  orNull,
  PAGE_PARAMETERS,
  pageSchema,
  problemSchema,
  timeParameter,
  timeSchema,
  uuidParameter,
  uuidSchema,
} from '@skillora/rest';

import { IDEMPOTENCY_KEY_SCHEMA } from '../idempotency/idempotency-key.js';
import { MAX_ROUNDS } from './decide-retry.js';
import { MAX_ATTEMPTS } from './delivery-queries.js';
import { RETRIES } from './retry-limit.js';

/* What the documentation says of each route of deliveries. */

/** The parameters by which deliveries are filtered. */
export const DELIVERY_FILTERS = {
  endpoint_id: uuidParameter,
  event_id: uuidParameter,
  event_type: choiceParameter(...EVENT_TYPES, TEST_EVENT_TYPE),
  status: choiceParameter(...DELIVERY_STATUSES),
  created_after: timeParameter,
  created_before: timeParameter,
};

const errorCode = { enum: [...ERROR_CODES, null] };
const responseStatus = { type: ['integer', 'null'], minimum: 100, maximum: 999 };

const attemptSchema = component(
  'Attempt',
  objectSchema({
    number: { type: 'integer', minimum: 1 },
    trigger: { enum: ['automatic', 'manual'] },
    started_at: timeSchema,
    duration_ms: { type: 'integer', minimum: 0 },
    request_bytes: {
      type: ['integer', 'null'],
      minimum: 0,
      description:
        'The size of the request’s body, whether or not it could be sent. Null of attempts from before this was recorded.',
    },
    response_status: responseStatus,
    response_body: { type: ['string', 'null'], description: 'The first 4 KiB of the answer, as text.' },
    error: errorCode,
    error_detail: { type: ['string', 'null'], description: 'What went wrong, in a few sentences.' },
  }),
);

const deliverySchema = component(
  'Delivery',
  objectSchema({
    id: {
      ...uuidSchema,
      description: 'What receivers get as `X-Webhook-Id`, the same on every attempt.',
    },
    event_id: uuidSchema,
    endpoint_id: uuidSchema,
    event_type: { enum: [...EVENT_TYPES, TEST_EVENT_TYPE] },
    status: {
      enum: DELIVERY_STATUSES,
      description:
        '`pending`: no attempt has ended. `retrying`: failed so far, the next attempt is scheduled. `success`: a 2xx came. `failed`: no automatic attempt is left.',
    },
    attempt_count: { type: 'integer', minimum: 0 },
    next_retry_at: orNull(timeSchema),
    response_status: responseStatus,
    error: errorCode,
    created_at: timeSchema,
    updated_at: timeSchema,
    delivered_at: orNull(timeSchema),
    attempts: {
      type: 'array',
      items: attemptSchema,
      maxItems: MAX_ATTEMPTS,
      description: `The newest ${MAX_ATTEMPTS}, in their order. \`attempt_count\` says how many there were.`,
    },
  }),
);

const example = {
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
      response_status: 500,
      response_body: 'we are sorry',
      error: 'http_status',
      error_detail: 'The endpoint answered with status 500.',
    },
  ],
};

/** A page of deliveries, as it stands under deliveries and under an event. */
export const deliveryPage: Answer = {
  description: 'A page of deliveries.',
  schema: pageSchema('Delivery', deliverySchema),
  example: { next: null, previous: null, results: [example] },
};

export const listDeliveries: OperationDescription = {
  summary: 'List deliveries',
  description: `One for each event and endpoint, newest first, each with its newest ${MAX_ATTEMPTS} attempts. A page ends before it is larger than 4 MiB, and \`next\` goes on.`,
  query: { ...PAGE_PARAMETERS, ...DELIVERY_FILTERS },
  answers: {
    200: deliveryPage,
    404: {
      description: 'The endpoint or event filtered by never was the organisation’s.',
      schema: problemSchema,
      example: { detail: 'Not found.' },
    },
  },
};

export const readDelivery: OperationDescription = {
  summary: 'Read a delivery',
  answers: { 200: { description: 'The delivery.', schema: deliverySchema, example } },
};

export const retryDelivery: OperationDescription = {
  summary: 'Retry a delivery',
  description: `One attempt is made at once, and the automatic schedule starts anew after it. No further retry is granted until the log shows the end of that attempt. While the endpoint is inactive no attempt is made: the retry ends with the error \`endpoint_inactive\`. An organisation can ask for ${RETRIES.uses} retries a minute; one more is 429.`,
  headers: {
    'Idempotency-Key': {
      description:
        'A key that the client makes up, such as a UUID. For 24 hours the answer 202 is given again to the same request with the same key, with `Idempotent-Replayed: true`, and nothing more is attempted. Of another request the key is refused. Requests that are refused use up no key.',
      schema: IDEMPOTENCY_KEY_SCHEMA,
    },
  },
  answers: {
    202: {
      description: 'It is being retried.',
      headers: { 'Idempotent-Replayed': '`true` when this answer was given before' },
      schema: component(
        'RetryRequested',
        objectSchema({ status: { const: 'success' }, message: { type: 'string' } }),
      ),
      example: { status: 'success', message: 'The delivery is being retried' },
    },
    409: {
      description: `It is \`pending\` or \`success\`, a retry that was asked for has not ended, the endpoint is deleted, or the delivery had ${MAX_ROUNDS} retries by hand. \`detail\` says which.`,
      schema: problemSchema,
      example: { detail: 'Only a failed or retrying delivery can be retried; this one is success.' },
    },
  },
};

export const streamDeliveries: OperationDescription = {
  summary: 'Follow deliveries',
  description: [
    'A stream of server-sent events without an end. `ready`: it has begun. `delivery`: a delivery was made or changed; `data` is the delivery as it stands then, without the `response_body` of its attempts; some come twice. `reset`: more happened than is told; read what you show anew.',
    'A line that is a comment comes every 5 seconds. The stream ends when the token no longer counts, when its reader is a megabyte behind, and when the service restarts: come back with the id of the event read last in `Last-Event-ID`, and what was missed in the last 10 minutes is told. An organisation can have 25 streams open on a copy of the service.',
  ].join('\n\n'),
  headers: {
    'Last-Event-ID': {
      description: 'The id of the event read last.',
      schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
    },
  },
  answers: {
    200: {
      description: 'The stream.',
      mediaType: 'text/event-stream',
      schema: { type: 'string' },
      example: 'event: ready\nid: 1705329000250\ndata: {}\n\n',
    },
    400: {
      description: 'The id in `Last-Event-ID` is none of this stream.',
      schema: fieldProblemsSchema,
      example: { 'Last-Event-ID': ['Not an id of this stream.'] },
    },
  },
};

export const readDeliveryRequest: OperationDescription = {
  summary: 'Read the request of a delivery',
  description:
    'The request of its newest attempt, to try a receiver’s check with: the body is the exact text whose UTF-8 was sent. URL and signatures are those of the endpoint as it stands now: after its secret was regenerated they differ from what was sent before. Signatures are whole for tokens with the scope endpoints:write, else their first characters. The URL is for tokens with the scope endpoints:read, else null. Where the endpoint was deleted so long ago that they are no longer kept, the answer is 404.',
  answers: {
    200: {
      description: 'The request.',
      schema: component(
        'DeliveryRequest',
        objectSchema({
          method: { const: 'POST' },
          url: { type: ['string', 'null'] },
          headers: { type: 'object', additionalProperties: { type: 'string' } },
          body: { type: 'string' },
          attempt: {
            type: ['integer', 'null'],
            minimum: 1,
            description:
              'The attempt it belongs to. Null when none was made yet: it is that of one made now.',
          },
        }),
      ),
      example: {
        method: 'POST',
        url: 'https://your-domain.com/webhooks/skillora',
        headers: { 'Content-Type': 'application/json', 'X-Webhook-Event': 'interview_completed' },
        body: '{"event":"interview.completed","timestamp":"2024-01-15T14:30:00Z","data":{}}',
        attempt: 1,
      },
    },
  },
};
