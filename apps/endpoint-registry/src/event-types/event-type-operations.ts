import { component, objectSchema, type OperationDescription, pageSchema } from '@skillora/rest';

import { EVENT_TYPES_SHOWN } from './event-types.js';

/* The OpenAPI descriptions of the routes of event types. */

const eventTypeSchema = component(
  'EventType',
  objectSchema({
    name: {
      type: 'string',
      description: 'The name, as `events` of an endpoint and `X-Webhook-Event` have it.',
    },
    description: { type: 'string' },
    schema: {
      type: 'object',
      description:
        'The JSON Schema (draft 2020-12) of the body that receivers get. Every body validates against it.',
    },
    example: { type: 'object', description: 'A body of this type.' },
    version: {
      type: 'string',
      description: 'A higher version may have further fields. A field never changes its meaning.',
    },
    subscribable: { type: 'boolean', description: 'Whether an endpoint can subscribe to it.' },
  }),
);

export const listEventTypes: OperationDescription = {
  summary: 'List event types',
  description:
    'Lists every type of event that a receiver can get, in one page. The same schemas are under `webhooks` in `openapi.json`, for generators of code.',
  answers: {
    200: {
      description: 'All event types.',
      schema: pageSchema('EventType', eventTypeSchema),
      example: { next: null, previous: null, results: EVENT_TYPES_SHOWN.slice(0, 1) },
    },
  },
};

export const readAsyncApi: OperationDescription = {
  summary: 'Read the documentation of the Kafka topic as AsyncAPI',
  description: 'Describes the events that producer services write to the topic `interview-completions`.',
  answers: { 200: { description: 'An AsyncAPI 3 document.', schema: { type: 'object' } } },
};
