import { type SubscribableEventType } from '@skillora/contracts';
import {
  type ApiDescription,
  component,
  type JsonSchema,
  objectSchema,
  type OperationDescription,
  orNull,
  problemSchema,
  uuidSchema,
} from '@skillora/rest';

import { catalogue } from '../catalogue/catalogue.js';
import { MAX_BATCH } from '../cloud-event/structured.js';
import { BATCH_MEDIA_TYPE, STRUCTURED_MEDIA_TYPE } from './read-request.js';

/* What the documentation says of the HTTP intake. */

const attributeText: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1_024,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
};

function cloudEventSchema(type: SubscribableEventType): JsonSchema {
  return {
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: { ...attributeText, description: 'The same `source` and `id` again are the same event.' },
      source: attributeText,
      type: { const: type },
      time: { type: 'string', format: 'date-time' },
      organizationid: {
        ...orNull(uuidSchema),
        description: 'Not needed: it is the token’s. Another is refused.',
      },
      datacontenttype: { enum: ['application/json', null] },
      data: component(type, catalogue[type].data.schema),
    },
    required: ['specversion', 'id', 'source', 'type', 'time', 'data'],
  };
}

const eventSchema = component('CloudEvent', {
  description:
    'A CloudEvent 1.0. Further fields within `data` are passed on untouched; numbers that JavaScript cannot hold exactly are refused.',
  anyOf: (Object.keys(catalogue) as SubscribableEventType[]).map(cloudEventSchema),
});

const acceptedSchema = component('Accepted', objectSchema({ id: uuidSchema, status: { const: 'accepted' } }));

const example = {
  specversion: '1.0',
  id: 'interview-42-completed',
  source: '/services/interviews',
  type: 'interview_completed',
  time: '2024-01-15T14:30:00Z',
  data: {
    interview_id: '123e4567-e89b-12d3-a456-426614174000',
    candidate_id: '456e7890-e89b-12d3-a456-426614174001',
    job_id: '789e0123-e89b-12d3-a456-426614174002',
    status: 'completed',
    score: 85,
  },
};
const accepted = { id: '0e7c8b54-3c2e-5d6a-9a2f-6b1d5c4e3f21', status: 'accepted' };

export const acceptEvents: OperationDescription = {
  summary: 'Send events',
  description: [
    'One event, or a batch, which is accepted whole or not at all. The answer comes once Kafka has the events on all in-sync replicas; what was answered otherwise may be sent again, an event that was taken already is not delivered twice.',
    'Binary mode is taken too: `application/json` with the data alone as the body and the attributes in `ce-` headers.',
  ].join('\n\n'),
  body: {
    required: true,
    content: {
      [STRUCTURED_MEDIA_TYPE]: { schema: eventSchema, examples: { interview: example } },
      'application/json': { schema: eventSchema, examples: { interview: example } },
      [BATCH_MEDIA_TYPE]: {
        schema: { type: 'array', items: eventSchema, maxItems: MAX_BATCH },
        examples: { batch: [example] },
      },
    },
  },
  answers: {
    202: {
      description: 'Kafka has the event; of a batch, each.',
      schema: { anyOf: [acceptedSchema, { type: 'array', items: acceptedSchema }] },
      example: accepted,
    },
    503: {
      description: 'The event could not be stored. Send it again.',
      schema: problemSchema,
      example: { detail: 'The event could not be stored in time. Send it again.' },
      headers: { 'Retry-After': 'Seconds after which it is worth trying again' },
    },
  },
};

/** What the OpenAPI document says of the intake as a whole. */
export const INTAKE_API: ApiDescription = {
  title: 'Skillora webhooks: intake',
  version: '1',
  description: [
    'Where producer services send what happened over HTTP. The way over Kafka is the topic `interview-completions`.',
    'Errors are `{"detail": "…"}`, or the problems by field. A key that stands twice in one JSON object is an error.',
  ].join('\n\n'),
  tags: {
    'interview-completions': 'Finished interviews and mock interviews.',
    documentation: 'This description.',
  },
};
