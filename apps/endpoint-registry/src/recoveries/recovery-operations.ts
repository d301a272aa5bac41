import { EVENT_TYPES, RATE_LIMIT } from '@skillora/contracts';
import {
  component,
  objectSchema,
  type OperationDescription,
  orNull,
  PAGE_PARAMETERS,
  pageSchema,
  problemSchema,
  timeSchema,
  uuidSchema,
} from '@skillora/rest';

import { keyHeader, REPLAYED_HEADER } from '../idempotency/idempotency-key.js';
import type { PresentedRecovery } from './present-recovery.js';
import {
  CANCEL_REASONS,
  MOST_CANCELLED,
  MOST_RECOVERIES,
  RECOVERED,
  RECOVERY_STATUSES,
  WAITS,
} from './recovery.js';
import { recoveryBody } from './recovery-body.js';

/* The OpenAPI descriptions of the routes of recoveries. */

const count = (description: string) => ({ type: 'integer', minimum: 0, description });

const recoverySchema = component(
  'Recovery',
  objectSchema({
    id: uuidSchema,
    endpoint_id: uuidSchema,
    what: { enum: RECOVERED },
    since: timeSchema,
    until: timeSchema,
    event_types: {
      type: ['array', 'null'],
      items: { enum: EVENT_TYPES },
      description: 'Null for all types.',
    },
    rate: {
      type: ['integer', 'null'],
      minimum: RATE_LIMIT.least,
      maximum: RATE_LIMIT.most,
      description: 'Deliveries in a second. Null if the answers of the endpoint set the pace.',
    },
    include_before_creation: { type: 'boolean' },
    dry_run: { type: 'boolean' },
    status: {
      enum: RECOVERY_STATUSES,
      description:
        '`counting`: it looks for what matches. `running`: it sends. `done`: everything that it sent has ended. `cancelled`: it sends nothing more; `reason` says why.',
    },
    waits_for: {
      enum: [...WAITS, null],
      description:
        'Why it makes no progress. `audit`: the newest events are not in the lists yet. `fan_out`: the deliveries of the newest events are being made. `endpoint_inactive`: it goes on when the endpoint is active. `endpoint_held`: it goes on when the endpoint is resumed. Null if it does not wait.',
    },
    reason: {
      enum: [...CANCEL_REASONS, null],
      description: 'Why it was cancelled. Null if it was not.',
    },
    expected: count('How many deliveries match. While the status is `counting`: how many were found so far.'),
    sent: count('How many deliveries were sent again or for the first time.'),
    succeeded: count('How many of these have succeeded.'),
    failed: count(
      'How many of these have failed after their last attempt. A delivery that had succeeded before counts by its first new attempt.',
    ),
    skipped: count(
      'How many deliveries matched when they were counted, and no longer when their turn came. For example, somebody retried them. At the end `expected` is `sent` and `skipped` together.',
    ),
    available_from: {
      ...orNull(timeSchema),
      description:
        'Events accepted before this time are no longer stored, so the recovery left them out. Null if all of its time range was there.',
    },
    created_at: timeSchema,
    ended_at: { ...orNull(timeSchema), description: 'When it became `done` or `cancelled`.' },
  }),
);

const EXAMPLE: PresentedRecovery = {
  id: '5f0c2f5e-2b57-4d0f-8a55-0d5f6c3a9b71',
  endpoint_id: '123e4567-e89b-12d3-a456-426614174000',
  what: 'failed',
  since: '2024-01-15T14:30:00.000Z',
  until: '2024-01-15T18:00:00.000Z',
  event_types: null,
  rate: null,
  include_before_creation: false,
  dry_run: false,
  status: 'running',
  waits_for: null,
  reason: null,
  expected: 1_000,
  sent: 412,
  succeeded: 400,
  failed: 0,
  skipped: 0,
  available_from: null,
  created_at: '2024-01-15T18:05:00.000Z',
  ended_at: null,
};

export const createRecovery: OperationDescription = {
  summary: 'Recover deliveries',
  description: [
    'Sends deliveries to this endpoint again after an outage, in the order in which their events were accepted. Each delivery that matches is sent once. New events go first. Failed attempts are retried on the usual schedule.',
    'While the endpoint is inactive or held, a recovery waits, and goes on when the endpoint takes deliveries again. When the endpoint is deleted, the recovery ends as `cancelled`. Deliveries that are `pending` or `retrying` are left out, and so are test sends.',
    `An organisation can have ${MOST_RECOVERIES} recoveries at a time that are \`counting\` or \`running\`. A further request answers 429.`,
  ].join('\n\n'),
  headers: keyHeader('no second recovery begins'),
  body: recoveryBody,
  answers: {
    202: {
      description: 'The recovery begins.',
      headers: REPLAYED_HEADER,
      schema: recoverySchema,
      example: { ...EXAMPLE, status: 'counting', expected: 0, sent: 0, succeeded: 0 },
    },
    409: {
      description: 'Another request with the same `Idempotency-Key` is still being processed.',
      schema: problemSchema,
      example: { detail: 'A request with the same Idempotency-Key is under way. Try again shortly.' },
    },
  },
};

export const listRecoveries: OperationDescription = {
  summary: 'List recoveries',
  description:
    'Lists the recoveries of an endpoint, newest first. You can also read the recoveries of a deleted endpoint.',
  query: PAGE_PARAMETERS,
  answers: {
    200: {
      description: 'A page of recoveries.',
      schema: pageSchema('Recovery', recoverySchema),
      example: { next: null, previous: null, results: [EXAMPLE] },
    },
  },
};

export const readRecovery: OperationDescription = {
  summary: 'Read a recovery',
  description: 'Read it again to follow its progress.',
  answers: { 200: { description: 'The recovery.', schema: recoverySchema, example: EXAMPLE } },
};

export const cancelRecovery: OperationDescription = {
  summary: 'Cancel a recovery',
  description: `Nothing more is sent. What was sent already goes on. The recovery still counts how it ends, until ${MOST_CANCELLED} more of the organisation are cancelled. A cancelled recovery does not count as one that runs.`,
  answers: {
    204: { description: 'The recovery was cancelled.' },
    409: {
      description: 'The recovery has ended.',
      schema: problemSchema,
      example: { detail: 'This recovery has ended: it is done.' },
    },
  },
};
