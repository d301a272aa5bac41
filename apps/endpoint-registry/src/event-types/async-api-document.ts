import {
  CATALOGUE,
  cloudEventSchema,
  dataSchemaOf,
  EVENT_TYPES,
  type EventDefinition,
  type JsonSchema,
  Topics,
} from '@skillora/contracts';

/** The media type of a CloudEvent in structured mode. */
const CLOUD_EVENT = 'application/cloudevents+json';
const ORGANIZATION = '123e4567-e89b-12d3-a456-426614174000';

/** The AsyncAPI 3 document of the public topic, where producer services write their events. */
export function asyncApiDocument(): JsonSchema {
  const definitions = EVENT_TYPES.map((type) => CATALOGUE[type]);
  const messages = Object.fromEntries(definitions.map((each) => [each.type, message(each)]));
  const references = (base: string): object =>
    Object.fromEntries(EVENT_TYPES.map((type) => [type, { $ref: `${base}/${type}` }]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Skillora webhooks: events from producer services',
      version: '1',
      description:
        'Producer services write CloudEvents 1.0 to a Kafka topic. Each event becomes a webhook for the endpoints that subscribe to its type. This document describes structured mode; binary mode with `ce_` headers works too.',
    },
    defaultContentType: CLOUD_EVENT,
    channels: {
      interviewCompletions: {
        address: Topics.interviewCompletions,
        title: 'Completed interviews',
        description: `What cannot be accepted goes to ${Topics.interviewCompletionsDeadLetter}, with headers that say why.`,
        messages: references('#/components/messages'),
        bindings: { kafka: { topic: Topics.interviewCompletions, bindingVersion: '0.5.0' } },
      },
    },
    operations: {
      receiveInterviewCompletions: {
        action: 'receive',
        title: 'Accept events',
        summary: 'Reads events of producer services, and accepts or refuses each.',
        channel: { $ref: '#/channels/interviewCompletions' },
        messages: EVENT_TYPES.map((type) => ({
          $ref: `#/channels/interviewCompletions/messages/${type}`,
        })),
      },
    },
    components: {
      messages,
      schemas: Object.fromEntries(definitions.map((each) => [each.type, dataSchemaOf(each)])),
    },
  };
}

function message(definition: EventDefinition): JsonSchema {
  const { type, description, example } = definition;
  return {
    name: type,
    title: type,
    summary: description,
    contentType: CLOUD_EVENT,
    payload: cloudEventSchema(definition, 'kafka', { $ref: `#/components/schemas/${type}` }),
    bindings: {
      kafka: {
        key: { type: 'string', format: 'uuid', description: 'The id of the organisation.' },
        bindingVersion: '0.5.0',
      },
    },
    examples: [
      {
        name: type,
        payload: {
          specversion: '1.0',
          id: 'interview-42-completed',
          source: '/services/interviews',
          type,
          time: '2024-01-15T14:30:00Z',
          organizationid: ORGANIZATION,
          datacontenttype: 'application/json',
          data: example,
        },
      },
    ],
  };
}
