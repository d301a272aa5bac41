import { component, objectSchema, orNull, timeSchema } from '@skillora/rest';

import { HEALTH_STATES } from './present-health.js';

/** The schema of an endpoint's health. */
export const healthSchema = component(
  'EndpointHealth',
  objectSchema({
    state: {
      enum: HEALTH_STATES,
      description:
        '`failing`: deliveries ended as failed, and there was no success since the first of them, for an hour (the operator can set another time). `disabled`: the system disabled the endpoint, see `disabled_reason`. `healthy`: neither.',
    },
    failing_since: {
      ...orNull(timeSchema),
      description:
        'When the first delivery ended as failed since the last success. Null while the endpoint is healthy.',
    },
    last_success_at: {
      ...orNull(timeSchema),
      description: 'When an attempt last succeeded, test sends included. Null if none did.',
    },
    consecutive_failures: {
      type: 'integer',
      minimum: 0,
      description:
        'How many deliveries ended as failed since the last success, or since the endpoint was switched on again or resumed. Test sends and notices do not count.',
    },
  }),
);
