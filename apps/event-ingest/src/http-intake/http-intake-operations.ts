import { CATALOGUE, cloudEventSchema, dataSchemaOf, PRODUCED_EVENT_TYPES } from '@skillora/contracts';
import {
  type ApiDescription,
  component,
  objectSchema,
  type OperationDescription,
  problemSchema,
  uuidSchema,
} from '@skillora/rest';

import { MAX_BATCH } from '../cloud-event/structured.js';
import { BATCH_MEDIA_TYPE, STRUCTURED_MEDIA_TYPE } from './read-request.js';

/* The OpenAPI descriptions of the HTTP intake. */

const eventSchema = component('CloudEvent', {
  description:
    'A CloudEvent 1.0. Receivers get unknown fields of `data` unchanged. A number that JavaScript cannot hold exactly is refused. Other CloudEvents attributes are ignored.',
  anyOf: PRODUCED_EVENT_TYPES.map((type) =>
    cloudEventSchema(CATALOGUE[type], 'http', component(type, dataSchemaOf(CATALOGUE[type]))),
  ),
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
    'Send one event, or a batch of events. A batch is accepted as a whole or not at all. 202 comes once Kafka has stored the events on all in-sync replicas. After any other answer you may send the events again: an event that was already accepted is not delivered twice.',
    'Binary mode works too. Send the data alone as the body, and the attributes in the headers `ce-specversion`, `ce-id`, `ce-source`, `ce-type` and `ce-time`. The Content-Type must be a JSON type (`application/json`, `text/json`, `…+json`) or be left out. Percent-encode the header values (CloudEvents HTTP binding, 3.1.3.2). Values in double quotes and raw UTF-8 are accepted too; a `%` that begins no escape is kept as it is. A `ce-` header that is not UTF-8, or occurs twice with different values, is refused.',
    'The body may be compressed with `Content-Encoding: gzip`. Decompressed, it may have at most 4 MiB.',
    'Limits: 4 MiB for a batch, 1 MiB for a single event as you send it, 256 KiB for an event as receivers get it. One body may hold 200,000 values and 64 levels; a number may have 400 characters. An answer names at most 100 problems, each with a path of at most 200 characters.',
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
      description: 'Kafka has stored the event, or every event of the batch.',
      schema: { anyOf: [acceptedSchema, { type: 'array', items: acceptedSchema }] },
      example: accepted,
    },
    413: {
      description: 'The body is too large, as it was sent or after decompression.',
      schema: problemSchema,
      example: { detail: 'The request body is too large once it is decompressed.' },
    },
    415: {
      description:
        'The `Content-Type` is not one of an event in JSON, or the `Content-Encoding` is not supported.',
      schema: problemSchema,
      example: { detail: 'Unsupported content coding "br" in request; gzip is known, and may be used once.' },
      headers: {
        'Accept-Encoding':
          'The supported content codings (`gzip`), if the `Content-Encoding` of the request is not supported',
      },
    },
    503: {
      description: 'The event could not be stored. Send it again.',
      schema: problemSchema,
      example: { detail: 'The event could not be stored in time. Send it again.' },
      headers: { 'Retry-After': 'How many seconds to wait before you try again' },
    },
  },
};

/** What the OpenAPI document says of the intake as a whole. */
export const INTAKE_API: ApiDescription = {
  title: 'Skillora webhooks: intake',
  version: '1',
  description: [
    'Producer services send their events here over HTTP. Each event becomes a webhook for the endpoints that subscribe to its type. Producers that use Kafka write the same events to the topic `interview-completions`.',
    'An error is `{"detail": "…"}`, or an object that lists the problems of each field. A key that occurs twice in one JSON object is an error.',
  ].join('\n\n'),
  tags: {
    'interview-completions': 'Events about completed interviews and mock interviews.',
    documentation: 'This documentation.',
  },
};
