import { EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  choiceParameter,
  component,
  described,
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
import { AUDITED_STATUSES } from '../projection/audited-status.js';

/* The OpenAPI descriptions of the routes of events. */

/** The parameters by which events are filtered. */
export const EVENT_FILTERS = {
  event_type: described(choiceParameter(...EVENT_TYPES, TEST_EVENT_TYPE), 'Lists only events of this type.'),
  created_after: described(
    timeParameter,
    'Lists only events accepted after this time. A date means the start of that day in UTC.',
  ),
  created_before: described(
    timeParameter,
    'Lists only events accepted before this time. A date means the start of that day in UTC.',
  ),
};

const eventSchema = component(
  'Event',
  objectSchema({
    id: uuidSchema,
    event_type: { enum: [...EVENT_TYPES, TEST_EVENT_TYPE] },
    payload: { type: 'object', description: 'The body that your servers receive.' },
    occurred_at: { ...timeSchema, description: 'When the event happened.' },
    created_at: { ...timeSchema, description: 'When the event was accepted.' },
    deliveries: objectSchema(
      Object.fromEntries(AUDITED_STATUSES.map((status) => [status, { type: 'integer', minimum: 0 }])),
      'How many deliveries of this event have each status. `filtered` counts the endpoints whose filter left the event out.',
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
  deliveries: { pending: 0, retrying: 0, success: 1, failed: 0, filtered: 1 },
};

export const listEvents: OperationDescription = {
  summary: 'List events',
  description:
    'Lists the events of your organisation, newest first. A page is never larger than 4 MiB, so it may hold fewer than `page_size` results; `next` continues the list.',
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
  description: `The list shows the newest delivery first, each with its newest ${MAX_ATTEMPTS} attempts. An endpoint whose filter left the event out is in it with the status \`filtered\`. A page is never larger than 4 MiB, so it may hold fewer than \`page_size\` results; \`next\` continues the list.`,
  query: { ...PAGE_PARAMETERS, ...DELIVERY_FILTERS },
  answers: { 200: deliveryPage },
};
