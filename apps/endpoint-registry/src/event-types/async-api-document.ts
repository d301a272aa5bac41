import {
  CATALOGUE,
  cloudEventSchema,
  dataSchemaOf,
  NOTICE_TYPES,
  noticeDataSchemaOf,
  noticeEventSchema,
  noticeSource,
  PRODUCED_EVENT_TYPES,
  type EventDefinition,
  type JsonSchema,
  Topics,
} from '@skillora/contracts';

/** The media type of a CloudEvent in structured mode. */
const CLOUD_EVENT = 'application/cloudevents+json';
const ORGANIZATION = '123e4567-e89b-12d3-a456-426614174000';

/** The AsyncAPI 3 document of the public topics: events of producer services, and notices about endpoints. */
export function asyncApiDocument(): JsonSchema {
  const definitions = PRODUCED_EVENT_TYPES.map((type) => CATALOGUE[type]);
  const notices = NOTICE_TYPES.map((type) => CATALOGUE[type]);
  const messages = {
    ...Object.fromEntries(definitions.map((each) => [each.type, producedMessage(each)])),
    ...Object.fromEntries(notices.map((each) => [each.type, noticeMessage(each)])),
  };
  const references = (types: readonly string[], base: string): object =>
    Object.fromEntries(types.map((type) => [type, { $ref: `${base}/${type}` }]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Skillora webhooks: events from producer services, and notices',
      version: '1',
      description:
        'Producer services write CloudEvents 1.0 to a Kafka topic. Each event becomes a webhook for the endpoints that subscribe to its type. This document describes structured mode; binary mode with `ce_` headers works too. Notices about endpoints come on another topic.',
    },
    defaultContentType: CLOUD_EVENT,
    channels: {
      interviewCompletions: {
        address: Topics.interviewCompletions,
        title: 'Completed interviews',
        description: `What cannot be accepted goes to ${Topics.interviewCompletionsDeadLetter}, with headers that say why.`,
        messages: references(PRODUCED_EVENT_TYPES, '#/components/messages'),
        bindings: { kafka: { topic: Topics.interviewCompletions, bindingVersion: '0.5.0' } },
      },
      notices: {
        address: Topics.notices,
        title: 'Notices about endpoints',
        description:
          'Each notice is written once. Endpoints can subscribe to the same notices as webhooks; an endpoint never gets one about itself.',
        messages: references(NOTICE_TYPES, '#/components/messages'),
        bindings: { kafka: { topic: Topics.notices, bindingVersion: '0.5.0' } },
      },
    },
    operations: {
      sendNotices: {
        action: 'send',
        title: 'Notices about endpoints',
        summary: 'Says that an endpoint fails, is disabled soon, was disabled or has recovered.',
        channel: { $ref: '#/channels/notices' },
        messages: NOTICE_TYPES.map((type) => ({ $ref: `#/channels/notices/messages/${type}` })),
      },
      receiveInterviewCompletions: {
        action: 'receive',
        title: 'Accept events',
        summary: 'Reads events of producer services, and accepts or refuses each.',
        channel: { $ref: '#/channels/interviewCompletions' },
        messages: PRODUCED_EVENT_TYPES.map((type) => ({
          $ref: `#/channels/interviewCompletions/messages/${type}`,
        })),
      },
    },
    components: {
      messages,
      schemas: {
        ...Object.fromEntries(definitions.map((each) => [each.type, dataSchemaOf(each)])),
        ...Object.fromEntries(notices.map((each) => [each.type, noticeDataSchemaOf(each)])),
      },
    },
  };
}

const KEYED_BY_ORGANIZATION = {
  kafka: {
    key: { type: 'string', format: 'uuid', description: 'The id of the organisation.' },
    bindingVersion: '0.5.0',
  },
};

function producedMessage(definition: EventDefinition): JsonSchema {
  const { type } = definition;
  return message(
    definition,
    cloudEventSchema(definition, 'kafka', { $ref: `#/components/schemas/${type}` }),
    {
      id: 'interview-42-completed',
      source: '/services/interviews',
      type,
      time: '2024-01-15T14:30:00Z',
      organizationid: ORGANIZATION,
    },
  );
}

function noticeMessage(definition: EventDefinition): JsonSchema {
  const { type } = definition;
  return message(definition, noticeEventSchema(definition, { $ref: `#/components/schemas/${type}` }), {
    id: '5e3d8c1b-7a6f-5b4d-9c2e-1f0a9b8c7d6e',
    source: noticeSource(ORGANIZATION),
    type,
    subject: ORGANIZATION,
    time: '2024-01-15T14:30:00.000Z',
    organizationid: '7b0c1f2e-5d3a-4c8b-9e6f-0a1b2c3d4e5f',
  });
}

/** @param attributes those of the CloudEvent in the example. */
function message(
  { type, description, example }: EventDefinition,
  payload: JsonSchema,
  attributes: object,
): JsonSchema {
  return {
    name: type,
    title: type,
    summary: description,
    contentType: CLOUD_EVENT,
    payload,
    bindings: KEYED_BY_ORGANIZATION,
    examples: [
      {
        name: type,
        payload: { specversion: '1.0', ...attributes, datacontenttype: 'application/json', data: example },
      },
    ],
  };
}
