import { DELIVERY_STATUSES, ERROR_CODES, EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  type Answer,
  choiceParameter,
  component,
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
    response_status: responseStatus,
    response_body: { type: ['string', 'null'], description: 'The first 4 KiB of the answer, as text.' },
    error: errorCode,
    error_detail: { type: ['string', 'null'], description: 'One sentence about the error.' },
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
    attempts: { type: 'array', items: attemptSchema },
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
  description: 'One for each event and endpoint, newest first, each with its attempts.',
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
  description: 'An attempt is made at once, and the automatic schedule starts anew after it.',
  answers: {
    202: {
      description: 'It is being retried.',
      schema: component(
        'RetryRequested',
        objectSchema({ status: { const: 'success' }, message: { type: 'string' } }),
      ),
      example: { status: 'success', message: 'The delivery is being retried' },
    },
    409: {
      description: 'It is `pending` or `success`.',
      schema: problemSchema,
      example: { detail: 'Only a failed or retrying delivery can be retried; this one is success.' },
    },
  },
};
