import {
  component,
  objectSchema,
  type OperationDescription,
  timeParameter,
  timeSchema,
  uuidSchema,
} from '@skillora/rest';

import { NAMED_AT_MOST, RECONCILED_AT_MOST, SETTLED_AFTER_SECONDS } from './reconciliation.js';
import { LONGEST_RANGE_DAYS, USUAL_RANGE_HOURS } from './reconciliation-range.js';

/* What the documentation says of each route of the audit. */

/** The parameters that say which events are meant, by their acceptance. */
export const RECONCILIATION_FILTERS = { created_after: timeParameter, created_before: timeParameter };

const count = (description: string) => ({ type: 'integer', minimum: 0, description });
const ids = { type: 'array', items: uuidSchema, maxItems: NAMED_AT_MOST };

const reconciliationSchema = component(
  'Reconciliation',
  objectSchema({
    created_after: { ...timeSchema, description: 'Where the range begins, exclusive.' },
    created_before: { ...timeSchema, description: 'Where it ends, exclusive.' },
    events_accepted: count('Events accepted in the range.'),
    events_awaiting_fan_out: count(
      `Of these, such as have not been matched with endpoints and were accepted less than ${SETTLED_AFTER_SECONDS} s ago.`,
    ),
    events_not_fanned_out: count('Of these, such as have not been matched although that is longer ago.'),
    events_missing: count('Events that were matched with endpoints but are not in the audit.'),
    deliveries_expected: count(
      'Deliveries that were made of events of the range: each has ended, is open or is missing.',
    ),
    deliveries_ended: count('Deliveries that stand at `success` or `failed`.'),
    deliveries_open: count(
      `Deliveries that stand at \`pending\` or \`retrying\`, or were made less than ${SETTLED_AFTER_SECONDS} s ago and are not in the audit yet.`,
    ),
    deliveries_missing: count('Deliveries that were made but are not in the audit.'),
    missing_deliveries: {
      type: 'array',
      maxItems: NAMED_AT_MOST,
      items: objectSchema({
        id: uuidSchema,
        event_id: uuidSchema,
        endpoint_id: uuidSchema,
        created_at: timeSchema,
      }),
    },
    missing_event_ids: ids,
    not_fanned_out_event_ids: ids,
    log_gaps_count: count(
      'Parts of the log that were deleted before the audit had read them, noticed since the range began. They hold records of any organisation, and what they told is missing.',
    ),
    log_gaps: {
      type: 'array',
      maxItems: NAMED_AT_MOST,
      items: objectSchema({
        topic: { type: 'string' },
        partition: { type: 'integer', minimum: 0 },
        from_offset: { type: 'integer', minimum: 0, description: 'The first offset that is missing.' },
        to_offset: { type: 'integer', minimum: 0, description: 'The first offset that is there again.' },
        noticed_at: { ...timeSchema, description: 'What is missing was written before.' },
      }),
    },
    truncated: {
      type: 'boolean',
      description: `Whether more is missing than the lists name, which hold ${NAMED_AT_MOST} each.`,
    },
  }),
);

export const reconcile: OperationDescription = {
  summary: 'Reconcile the audit',
  description: [
    'For operators: whether the audit has everything that was made of the events of a time range. What is expected is not counted from the deliveries themselves but from what the fan-out noted when it made them.',
    `The range lasts ${USUAL_RANGE_HOURS} hours up to now unless it is given, ${LONGEST_RANGE_DAYS} days at most, and may hold ${RECONCILED_AT_MOST.toLocaleString('en')} events or deliveries. What retention has dropped is neither expected nor missing. One of an organisation is answered at a time, another is 429 meanwhile. 503 means that it took too long, or that too many wait.`,
  ].join('\n\n'),
  query: RECONCILIATION_FILTERS,
  answers: {
    200: {
      description: 'The figures, all of one moment.',
      schema: reconciliationSchema,
      example: {
        created_after: '2024-01-15T00:00:00.000Z',
        created_before: '2024-01-16T00:00:00.000Z',
        events_accepted: 1200,
        events_awaiting_fan_out: 0,
        events_not_fanned_out: 0,
        events_missing: 0,
        deliveries_expected: 2400,
        deliveries_ended: 2399,
        deliveries_open: 1,
        deliveries_missing: 0,
        missing_deliveries: [],
        missing_event_ids: [],
        not_fanned_out_event_ids: [],
        log_gaps_count: 0,
        log_gaps: [],
        truncated: false,
      },
    },
  },
};
