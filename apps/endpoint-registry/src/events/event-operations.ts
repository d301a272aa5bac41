import { DELIVERY_STATUSES, EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  choiceParameter,
  component,
  objectSchema,
  type OperationDescription,
  PAGE_PARAMETERS,
  pageSchema,
  timeParameter,
  timeSchema,
  uuidSchema,
} from '@skillora/rest';

import { DELIVERY_FILTERS, deliveryPage } from '../deliveries/delivery-operations.js';
import { MAX_ATTEMPTS } from '../deliveries/delivery-queries.js';

/* What the documentation says of each route of events. */

/** The parameters by which events are filtered. */
export const EVENT_FILTERS = {
  event_type: choiceParameter(...EVENT_TYPES, TEST_EVENT_TYPE),
  created_after: timeParameter,
  created_before: timeParameter,
};

const eventSchema = component(
  'Event',
  objectSchema({
    id: uuidSchema,
    event_type: { enum: [...EVENT_TYPES, TEST_EVENT_TYPE] },
    payload: { type: 'object', description: 'The body as it was sent.' },
    occurred_at: timeSchema,
    created_at: timeSchema,
    deliveries: objectSchema(
      Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, { type: 'integer', minimum: 0 }])),
      'How many of its deliveries stand at each status.',
    ),
  }),
);

const example = {
  id: '0e7c8b54-3c2e-5d6a-9a2f-6b1d5c4e3f21',
  event_type: 'interview_completed',
  payload: {
    event: 'interview.completed',
    timestamp: '2024-01-15T14:30:00Z',
    data: { interview_id: '123e4567-e89b-12d3-a456-426614174000', status: 'completed', score: 85 },
  },
  occurred_at: '2024-01-15T14:30:00.000Z',
  created_at: '2024-01-15T14:30:00.250Z',
  deliveries: { pending: 0, retrying: 0, success: 1, failed: 0 },
};

export const listEvents: OperationDescription = {
  summary: 'List events',
  description: 'Newest first. A page ends before it is larger than 4 MiB, and `next` goes on.',
  query: { ...PAGE_PARAMETERS, ...EVENT_FILTERS },
  answers: {
    200: {
      description: 'A page of events.',
      schema: pageSchema('Event', eventSchema),
      example: { next: null, previous: null, results: [example] },
    },
  },
};

export const readEvent: OperationDescription = {
  summary: 'Read an event',
  answers: { 200: { description: 'The event.', schema: eventSchema, example } },
};

export const listEventDeliveries: OperationDescription = {
  summary: 'List the deliveries of an event',
  description: `Newest first, each with its newest ${MAX_ATTEMPTS} attempts. A page ends before it is larger than 4 MiB, and \`next\` goes on.`,
  query: { ...PAGE_PARAMETERS, ...DELIVERY_FILTERS },
  answers: { 200: deliveryPage },
};
