import type { EventDefinition } from './event-definition.js';
import { fieldSchema } from './field-schema.js';
import { type JsonSchema, orNull } from './json-schema.js';

const attributeText: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1_024,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
};
const organizationId: JsonSchema = { type: 'string', format: 'uuid' };

/** `application/json`, any other type's `json`, and `+json`, with or without parameters. */
const JSON_MEDIA_TYPE = '^[A-Za-z0-9_!#$&^.-]+/([A-Za-z0-9_!#$&^.-]+[+])?json(;[ -~]*)?$';

/** The schema of an event type's data, for producers. */
export function dataSchemaOf({ data }: EventDefinition): JsonSchema {
  return fieldSchema(data, 'producers');
}

/** The schema of the data of a notice, for those who read the topic of notices. */
export function noticeDataSchemaOf({ data }: EventDefinition): JsonSchema {
  return fieldSchema(data, 'receivers');
}

/** The schema of a CloudEvent on the topic of notices. @param data the schema of its data, or a reference to it. */
export function noticeEventSchema({ type }: EventDefinition, data: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string', format: 'uuid', description: 'Also the id of the event at the REST API.' },
      source: { type: 'string', format: 'uri-reference' },
      type: { const: type },
      subject: { type: 'string', format: 'uuid', description: 'The endpoint that the notice is about.' },
      time: { type: 'string', format: 'date-time' },
      organizationid: {
        ...organizationId,
        description: 'The organisation. It is the key of the record too.',
      },
      datacontenttype: { const: 'application/json' },
      data,
    },
    required: [
      'specversion',
      'id',
      'source',
      'type',
      'subject',
      'time',
      'organizationid',
      'datacontenttype',
      'data',
    ],
  };
}

/**
 * The schema of the CloudEvent with which a producer brings an event, in structured mode.
 * @param door how it comes: over HTTP the token names the organisation.
 * @param data the schema of its data, or a reference to it.
 */
export function cloudEventSchema(
  { type }: EventDefinition,
  door: 'http' | 'kafka',
  data: JsonSchema,
): JsonSchema {
  const required = ['specversion', 'id', 'source', 'type', 'time'];
  return {
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: {
        ...attributeText,
        description: 'Two requests with the same `source` and `id` are the same event.',
      },
      source: { ...attributeText, format: 'uri-reference', description: 'A URI-reference (RFC 3986).' },
      type: { const: type },
      time: { type: 'string', format: 'date-time' },
      organizationid:
        door === 'http'
          ? {
              ...orNull(organizationId),
              description:
                'Optional. The event belongs to the organisation of the token; the id of another organisation is refused.',
            }
          : {
              ...organizationId,
              description: 'The organisation. The key of the record, if any, is the same id.',
            },
      datacontenttype: {
        type: ['string', 'null'],
        pattern: JSON_MEDIA_TYPE,
        description: 'Optional. If present, it must be a JSON media type.',
      },
      data,
      data_base64: {
        type: ['string', 'null'],
        contentEncoding: 'base64',
        contentMediaType: 'application/json',
        description:
          'Replaces `data`: the JSON of the data as base64. Many CloudEvents SDKs send this form when the data is given as bytes.',
      },
    },
    required: door === 'http' ? required : [...required, 'organizationid'],
    anyOf: [{ required: ['data'] }, { required: ['data_base64'] }],
  };
}
