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

/** `application/json`, any other type's `json`, and `+json`, with parameters or without. */
const JSON_MEDIA_TYPE = '^[A-Za-z0-9_!#$&^.-]+/([A-Za-z0-9_!#$&^.-]+[+])?json(;[ -~]*)?$';

function cloudEventSchema(type: SubscribableEventType): JsonSchema {
  return {
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: { ...attributeText, description: 'The same `source` and `id` again are the same event.' },
      source: { ...attributeText, format: 'uri-reference', description: 'A URI-reference (RFC 3986).' },
      type: { const: type },
      time: { type: 'string', format: 'date-time' },
      organizationid: {
        ...orNull(uuidSchema),
        description: 'Not needed: it is the token’s. Another is refused.',
      },
      datacontenttype: {
        type: ['string', 'null'],
        pattern: JSON_MEDIA_TYPE,
        description: 'Says that the data is JSON. Not needed.',
      },
      data: component(type, catalogue[type].data.schema),
      data_base64: {
        type: ['string', 'null'],
        contentEncoding: 'base64',
        contentMediaType: 'application/json',
        description:
          'Instead of `data`: the bytes of its JSON in base64, as many SDKs send what they are given as bytes.',
      },
    },
    required: ['specversion', 'id', 'source', 'type', 'time'],
    anyOf: [{ required: ['data'] }, { required: ['data_base64'] }],
  };
}

const eventSchema = component('CloudEvent', {
  description:
    'A CloudEvent 1.0. Further fields within `data` are passed on untouched; numbers that JavaScript cannot hold exactly are refused. Attributes that are not named here are not read, and may hold anything.',
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
    'Binary mode is taken too: the data alone as the body, the attributes in the headers `ce-specversion`, `ce-id`, `ce-source`, `ce-type`, `ce-time`, and a JSON type (`application/json`, `text/json`, `…+json`) as the Content-Type, or none. Values are percent-encoded (CloudEvents HTTP binding, 3.1.3.2); values in double quotes and raw UTF-8 are read too, and a `%` that begins no escape stays. A header of them that is not UTF-8, or stands twice with different values, is refused.',
    'The body may be compressed: `Content-Encoding: gzip`. It is decompressed up to the limit of a body, which is 4 MiB.',
    'Limits: 4 MiB a batch, 1 MiB a single event as it is sent, 256 KiB an event as receivers get it, 200,000 values and 64 levels in one body, 400 characters a number. At most 100 faults are named, each under a path of at most 200 characters.',
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
    413: {
      description: 'The body is too large, as it came or once it is decompressed.',
      schema: problemSchema,
      example: { detail: 'The request body is too large once it is decompressed.' },
    },
    415: {
      description:
        'The content type says that there is no event in JSON, or the content coding is not known.',
      schema: problemSchema,
      example: { detail: 'Unsupported content coding "br" in request; gzip is known, and may be used once.' },
      headers: { 'Accept-Encoding': 'The content codings that are known, where the coding was not: `gzip`' },
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
