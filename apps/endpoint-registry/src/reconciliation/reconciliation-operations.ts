import {
  component,
  described,
  objectSchema,
  type OperationDescription,
  timeParameter,
  timeSchema,
  uuidSchema,
} from '@skillora/rest';

import { NAMED_AT_MOST, RECONCILED_AT_MOST, SETTLED_AFTER_SECONDS } from './reconciliation-figures.js';
import { LONGEST_RANGE_DAYS, USUAL_RANGE_HOURS } from './reconciliation-range.js';

/* The OpenAPI descriptions of the routes of the audit. */

/** The parameters that select events by the time of their acceptance. */
export const RECONCILIATION_FILTERS = {
  created_after: described(
    timeParameter,
    'The start of the range, exclusive. A date means the start of that day in UTC.',
  ),
  created_before: described(
    timeParameter,
    'The end of the range, exclusive. A date means the start of that day in UTC.',
  ),
};

const count = (description: string) => ({ type: 'integer', minimum: 0, description });
const ids = { type: 'array', items: uuidSchema, maxItems: NAMED_AT_MOST };

const reconciliationSchema = component(
  'Reconciliation',
  objectSchema({
    created_after: { ...timeSchema, description: 'The start of the range, exclusive.' },
    created_before: { ...timeSchema, description: 'The end of the range, exclusive.' },
    events_accepted: count('The number of events that were accepted in the range.'),
    events_awaiting_fan_out: count(
      `The accepted events that have not been matched with endpoints yet. They were accepted less than ${SETTLED_AFTER_SECONDS} s ago, so this is no fault.`,
    ),
    events_not_fanned_out: count(
      `The accepted events that have not been matched with endpoints although they were accepted more than ${SETTLED_AFTER_SECONDS} s ago.`,
    ),
    events_missing: count('The events that were matched with endpoints but are missing from the audit.'),
    deliveries_expected: count(
      'The number of deliveries that were created for events of the range. Each of them has ended, is open, was filtered or is missing.',
    ),
    deliveries_ended: count('The deliveries whose status is `success` or `failed`.'),
    deliveries_open: count(
      `The deliveries whose status is \`pending\` or \`retrying\`. Deliveries that were created less than ${SETTLED_AFTER_SECONDS} s ago and are not in the audit yet count too.`,
    ),
    deliveries_filtered: count(
      'The deliveries whose status is `filtered`: the filter of the endpoint left the event out.',
    ),
    deliveries_missing: count('The deliveries that were created but are missing from the audit.'),
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
      'The number of gaps in the log that were noticed since the range began. In a gap, Kafka deleted records before the audit had read them. The audit lacks what those records said, of any organisation.',
    ),
    log_gaps: {
      type: 'array',
      maxItems: NAMED_AT_MOST,
      items: objectSchema({
        topic: { type: 'string' },
        partition: { type: 'integer', minimum: 0 },
        from_offset: { type: 'integer', minimum: 0, description: 'The first offset that was deleted.' },
        to_offset: {
          type: 'integer',
          minimum: 0,
          description: 'The first offset after the gap that the audit could read.',
        },
        noticed_at: {
          ...timeSchema,
          description: 'When the gap was noticed. The deleted records are older than this.',
        },
      }),
    },
    truncated: {
      type: 'boolean',
      description: `True if more is missing than the lists show. Each list holds at most ${NAMED_AT_MOST} entries.`,
    },
  }),
);

export const reconcile: OperationDescription = {
  summary: 'Reconcile the audit',
  description: [
    'For operators: checks that the audit holds every event of a time range and every delivery of those events. The fan-out is the step that matches an event with endpoints; it notes how many deliveries it creates. The expected number of deliveries comes from those notes, not from the deliveries themselves.',
    `The default range is the last ${USUAL_RANGE_HOURS} hours. A range may last at most ${LONGEST_RANGE_DAYS} days and hold at most ${RECONCILED_AT_MOST.toLocaleString('en')} events or deliveries. Data that retention has deleted counts neither as expected nor as missing.`,
    'An organisation can run one reconciliation at a time. A second request answers 429 until the first has ended. 503 means that the reconciliation took too long, or that too many requests are waiting.',
  ].join('\n\n'),
  query: RECONCILIATION_FILTERS,
  answers: {
    200: {
      description: 'The figures, all read at the same moment.',
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
        deliveries_filtered: 0,
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
