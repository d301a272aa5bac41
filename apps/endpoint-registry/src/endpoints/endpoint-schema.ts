import { DISABLED_REASONS, EVENT_TYPES, RATE_LIMIT, RETRY_SCHEDULES } from '@skillora/contracts';
import { component, objectSchema, orNull, timeSchema, uuidSchema } from '@skillora/rest';

import { authenticationSchema } from './authentication-schema.js';
import { healthSchema } from '../health/health-schema.js';
import { FILTER_EXAMPLE, filterFieldSchema } from './endpoint-filter.js';

/** What the retry schedules are, for the documentation of bodies and answers. */
export const RETRY_SCHEDULE_DESCRIPTION =
  'When failed deliveries are tried again, unless the operator has set other delays. `standard`: 1, 5 and 30 minutes after the failure before. `extended`: 1, 5 and 30 minutes, 2, 5, 10, 10, 10 and 24 hours, each up to 10 % later, so for nearly three days. `none`: never, so the first failure is final. A change applies to failures after it; a retry that is scheduled keeps its time.';

/** The schema of the rate limit in bodies and answers. */
export const rateLimitSchema = {
  type: ['integer', 'null'],
  minimum: RATE_LIMIT.least,
  maximum: RATE_LIMIT.most,
  description:
    'The most deliveries in any second, retries and test sends included. What exceeds it waits, in order. Null: no limit.',
};

const properties = {
  id: uuidSchema,
  url: { type: 'string', description: 'The URL that receives the webhooks.' },
  events: {
    type: 'array',
    items: { enum: EVENT_TYPES },
    minItems: 1,
    uniqueItems: true,
    description: 'The types of event that the endpoint receives.',
  },
  description: { type: 'string', description: 'A note of your own.' },
  is_active: {
    type: 'boolean',
    description: 'While this is false, new events create no deliveries for the endpoint.',
  },
  header_names: {
    type: 'array',
    items: { type: 'string' },
    description: 'The names of the extra headers of requests to the endpoint. Their values are not shown.',
  },
  authentication: authenticationSchema,
  retry_schedule: { enum: RETRY_SCHEDULES, description: RETRY_SCHEDULE_DESCRIPTION },
  disabled_reason: {
    ...orNull({ enum: DISABLED_REASONS }),
    description:
      'Why the system disabled the endpoint: `failing` after a long time without a success, `gone` after an answer 410. Null otherwise. Setting `is_active` to true clears it.',
  },
  disabled_at: {
    ...orNull(timeSchema),
    description: 'When the system disabled the endpoint. Null if `disabled_reason` is null.',
  },
  filter: filterFieldSchema,
  rate_limit: rateLimitSchema,
  held_since: {
    ...orNull(timeSchema),
    description: 'Since when its deliveries wait, by `hold/`. Null if they do not.',
  },
  created_at: timeSchema,
  updated_at: timeSchema,
  last_triggered_at: {
    ...orNull(timeSchema),
    description: 'When the latest attempt was made. Null if there was none.',
  },
  total_deliveries: {
    type: 'integer',
    minimum: 0,
    description: 'How many deliveries had at least one attempt, test sends included.',
  },
  failed_deliveries: {
    type: 'integer',
    minimum: 0,
    description: 'How many deliveries have the status `failed` now.',
  },
  health: healthSchema,
};

/** The schema of an endpoint as customers see it. */
export const endpointSchema = component('Endpoint', objectSchema(properties));

/** The fields of a secret, in the only answer that shows it. */
export const secretProperties = {
  secret: {
    type: 'string',
    description:
      'The secret that signs the webhooks. The whole string is the HMAC key of the header `X-Webhook-Signature-256`. It is not shown again.',
  },
  standard_webhooks_secret: {
    type: 'string',
    pattern: '^whsec_[A-Za-z0-9+/]+={0,2}$',
    description:
      'The same secret in the format that libraries for Standard Webhooks take: `whsec_` and the base64 of the key that signs the header `webhook-signature`. It is not shown again.',
  },
};

/** The schema of a new endpoint, in the only answer that shows its secret. */
export const newEndpointSchema = component(
  'NewEndpoint',
  objectSchema({
    ...properties,
    ...secretProperties,
  }),
);

export const ENDPOINT_EXAMPLE = {
  id: '123e4567-e89b-12d3-a456-426614174000',
  url: 'https://receiver.example.com/webhooks',
  events: ['interview_completed', 'mock_interview_completed'],
  description: 'Production',
  is_active: true,
  header_names: ['X-Gateway'],
  authentication: { type: 'none' },
  retry_schedule: 'standard',
  disabled_reason: null,
  disabled_at: null,
  filter: FILTER_EXAMPLE,
  rate_limit: null,
  held_since: null,
  created_at: '2024-01-15T10:30:00.000Z',
  updated_at: '2024-01-15T10:30:00.000Z',
  last_triggered_at: null,
  total_deliveries: 0,
  failed_deliveries: 0,
  health: { state: 'healthy', failing_since: null, last_success_at: null, consecutive_failures: 0 },
};
