import {
  bodySchemaOf,
  CATALOGUE,
  type EventDefinition,
  exampleBody,
  TEST_EVENT_TYPE,
} from '@skillora/contracts';
import { component, type JsonSchema, uuidSchema, type WebhookDescription } from '@skillora/rest';

/* The `webhooks` of the OpenAPI document: the requests that receivers get. */

const seconds: JsonSchema = {
  type: 'string',
  format: 'date-time',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
};

function headersOf({ type }: EventDefinition): WebhookDescription['headers'] {
  return {
    'X-Webhook-Signature-256': {
      description:
        '`sha256=` and the hex HMAC-SHA256 of the body. The key is the whole secret of the endpoint.',
      schema: { type: 'string', pattern: '^sha256=[0-9a-f]{64}$' },
    },
    'X-Webhook-Event': { description: 'The event type.', schema: { const: type } },
    'X-Webhook-Delivery': { description: 'When the attempt began.', schema: seconds },
    'X-Webhook-Id': {
      description: 'The id of the delivery. Every attempt of a delivery has the same one.',
      schema: uuidSchema,
    },
    'X-Webhook-Event-Id': {
      description: 'The id of the event. All endpoints get the same one.',
      schema: uuidSchema,
    },
    'X-Webhook-Attempt': {
      description: 'The number of the attempt, counted from 1.',
      schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
    },
  };
}

/** `InterviewCompletedWebhook` for `interview_completed`. */
function componentName(type: string): string {
  const words = type.split(/[_.]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Webhook`;
}

/** Every request that receivers can get, by its event type. */
export const WEBHOOKS: Readonly<Record<string, WebhookDescription>> = Object.fromEntries(
  Object.values(CATALOGUE).map((definition) => [
    definition.type,
    {
      summary: definition.description.split('.', 1).join(''),
      description:
        definition.type === TEST_EVENT_TYPE
          ? `${definition.description} The header \`X-Webhook-Test: true\` marks it.`
          : `${definition.description} A request that has the header \`X-Webhook-Test: true\` is a test, and its data is an example.`,
      headers: headersOf(definition),
      body: component(componentName(definition.type), bodySchemaOf(definition)),
      example: exampleBody(definition, '2024-01-15T14:30:00Z'),
    },
  ]),
);
