import { DISABLED_REASONS } from '../endpoint.js';
import type { NoticeType } from '../notice.js';
import type { EventDefinition } from './event-definition.js';
import { count, dateTime, identifier, objectOf, optional, required } from './field-rule.js';

const ENDPOINT_ID = required(identifier, 'The id of the endpoint that the notice is about.');
const FAILING_SINCE = required(dateTime, 'When its first delivery ended as failed since the last success.');
const LAST_SUCCESS_AT = optional(dateTime, 'When an attempt last succeeded. Null if none ever did.');
const FAILURES = required(count, 'How many of its deliveries have ended as failed since the last success.');
const DISABLES_AT = optional(
  dateTime,
  'When it is disabled if nothing succeeds until then and enough deliveries have failed. Null if that is switched off.',
);
const FAILURES_TO_DISABLE = required(count, 'How many deliveries must have ended as failed for that.');

const EXAMPLE = {
  endpoint_id: '123e4567-e89b-12d3-a456-426614174000',
  failing_since: '2024-01-15T13:30:00Z',
  last_success_at: '2024-01-15T13:02:11Z',
};
const FAILING = {
  endpoint_id: ENDPOINT_ID,
  failing_since: FAILING_SINCE,
  last_success_at: LAST_SUCCESS_AT,
  consecutive_failures: FAILURES,
  disables_at: DISABLES_AT,
  failures_to_disable: FAILURES_TO_DISABLE,
};
const FAILING_EXAMPLE = {
  ...EXAMPLE,
  consecutive_failures: 12,
  disables_at: '2024-01-20T13:30:00Z',
  failures_to_disable: 20,
};

function notice(
  type: NoticeType,
  description: string,
  fields: Parameters<typeof objectOf>[0],
  example: EventDefinition['example'],
): EventDefinition {
  return { type, eventName: type, version: '1', description, data: objectOf(fields), example };
}

/** The notices about endpoints. An endpoint never gets one about itself. */
export const notices: Readonly<Record<NoticeType, EventDefinition>> = {
  'endpoint.failing': notice(
    'endpoint.failing',
    'An endpoint of your organisation is failing: its deliveries ended as failed, and nothing has succeeded for an hour.',
    FAILING,
    FAILING_EXAMPLE,
  ),
  'endpoint.disabling_soon': notice(
    'endpoint.disabling_soon',
    'Half of the time has passed after which a failing endpoint of your organisation is disabled.',
    FAILING,
    { ...FAILING_EXAMPLE, consecutive_failures: 412 },
  ),
  'endpoint.disabled': notice(
    'endpoint.disabled',
    'The system disabled an endpoint of your organisation: nothing succeeded for days, or the endpoint answered 410.',
    {
      endpoint_id: ENDPOINT_ID,
      reason: required(
        identifier,
        `Why it was disabled: ${DISABLED_REASONS.map((each) => `\`${each}\``).join(' or ')}.`,
      ),
      disabled_at: required(dateTime, 'When it was disabled.'),
      failing_since: FAILING_SINCE,
      last_success_at: LAST_SUCCESS_AT,
      consecutive_failures: FAILURES,
    },
    {
      endpoint_id: EXAMPLE.endpoint_id,
      reason: 'failing',
      disabled_at: '2024-01-20T13:30:00Z',
      failing_since: EXAMPLE.failing_since,
      last_success_at: EXAMPLE.last_success_at,
      consecutive_failures: 803,
    },
  ),
  'endpoint.recovered': notice(
    'endpoint.recovered',
    'An attempt to an endpoint of your organisation succeeded, after a notice had said that the endpoint was failing or disabled.',
    {
      endpoint_id: ENDPOINT_ID,
      failing_since: FAILING_SINCE,
      recovered_at: required(
        dateTime,
        'When an attempt succeeded, or when the endpoint was switched on after that.',
      ),
    },
    {
      endpoint_id: EXAMPLE.endpoint_id,
      failing_since: EXAMPLE.failing_since,
      recovered_at: '2024-01-15T15:10:42Z',
    },
  ),
};
