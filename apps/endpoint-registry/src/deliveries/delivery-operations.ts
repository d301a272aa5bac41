import { EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  type Answer,
  choiceParameter,
  component,
  described,
  fieldProblemsSchema,
  objectSchema,
  type OperationDescription,
  PAGE_PARAMETERS,
  pageSchema,
  placeParameter,
  problemSchema,
  timeParameter,
  uuidParameter,
} from '@skillora/rest';

import { keyHeader, REPLAYED_HEADER } from '../idempotency/idempotency-key.js';
import { AUDITED_STATUSES } from '../projection/audited-status.js';
import { MAX_ROUNDS } from './decide-retry.js';
import { MAX_ATTEMPTS } from './delivery-queries.js';
import { deliveryExample, deliverySchema } from './delivery-schema.js';
import { RETRIES } from './retry-limit.js';

/* The OpenAPI descriptions of the routes of deliveries. */

const DATE = 'A date means the start of that day in UTC.';
const CREATED_AFTER = `Lists only deliveries created after this time. ${DATE}`;
const CREATED_BEFORE = `Lists only deliveries created before this time. ${DATE}`;

/** The parameters by which deliveries are filtered. */
export const DELIVERY_FILTERS = {
  endpoint_id: described(uuidParameter, 'Lists only deliveries to this endpoint.'),
  event_id: described(uuidParameter, 'Lists only deliveries of this event.'),
  event_type: described(
    choiceParameter(...EVENT_TYPES, TEST_EVENT_TYPE),
    'Lists only deliveries of events of this type.',
  ),
  status: described(
    choiceParameter(...AUDITED_STATUSES),
    'Lists only deliveries with this status. Without it, a list that names no event leaves out those with the status `filtered`.',
  ),
  created_after: described(timeParameter, CREATED_AFTER),
  created_before: described(timeParameter, CREATED_BEFORE),
};

/** A page of deliveries. The list of all deliveries and the list of one event's deliveries answer with it. */
export const deliveryPage: Answer = {
  description: 'A page of deliveries.',
  schema: pageSchema('Delivery', deliverySchema),
  example: { next: null, previous: null, results: [deliveryExample] },
};

export const listDeliveries: OperationDescription = {
  summary: 'List deliveries',
  description: `A delivery sends one event to one endpoint. The list shows the newest delivery first, each with its newest ${MAX_ATTEMPTS} attempts. A page is never larger than 4 MiB, so it may hold fewer than \`page_size\` results; \`next\` continues the list.`,
  query: { ...PAGE_PARAMETERS, ...DELIVERY_FILTERS },
  answers: {
    200: deliveryPage,
    404: {
      description: 'Your organisation never had an endpoint or event with the id in the filter.',
      schema: problemSchema,
      example: { detail: 'Not found.' },
    },
  },
};

export const readDelivery: OperationDescription = {
  summary: 'Read a delivery',
  answers: { 200: { description: 'The delivery.', schema: deliverySchema, example: deliveryExample } },
};

const LIMIT = `An organisation can ask for ${RETRIES.uses} retries and resends a minute; further requests answer 429.`;

const accepted = (message: string): Answer => ({
  description: `${message}.`,
  headers: REPLAYED_HEADER,
  schema: component(
    'RetryRequested',
    objectSchema({ status: { const: 'success' }, message: { type: 'string' } }),
  ),
  example: { status: 'success', message },
});

export const retryDelivery: OperationDescription = {
  summary: 'Retry a delivery',
  description: `Makes one attempt at once. If it fails, the automatic retries start again from the first delay. You can ask for another retry only after the result of this attempt is recorded. If the endpoint is inactive, no attempt is made, and the retry ends with the error \`endpoint_inactive\`. ${LIMIT}`,
  headers: keyHeader('no second retry is made'),
  answers: {
    202: accepted('The delivery is being retried'),
    409: {
      description: `The delivery is \`pending\` or \`success\`, an earlier retry has not ended, the endpoint is deleted, the audit no longer has the event, or somebody already asked for ${MAX_ROUNDS} retries of this delivery. \`detail\` says which.`,
      schema: problemSchema,
      example: {
        detail:
          'Only a failed or retrying delivery can be retried; this one is success. Use resend/ to send it again.',
      },
    },
  },
};

export const resendDelivery: OperationDescription = {
  summary: 'Send a delivery again',
  description: [
    'Sends a delivery that has ended once more, also one that has succeeded. It is the same delivery with the same event id and body, so a receiver that recognises repeats ignores it. One attempt is made at once. If it fails, the automatic retries start again from the first delay.',
    `A delivery that has succeeded keeps the status \`success\`, whatever the new attempts meet; its \`attempts\` show them. While the endpoint is held, the attempt waits. ${LIMIT}`,
  ].join('\n\n'),
  headers: keyHeader('no second resend is made'),
  answers: {
    202: accepted('The delivery is being sent again'),
    409: {
      description: `The delivery is \`pending\`, \`retrying\` or \`filtered\`, an earlier retry or resend has not ended, the endpoint is inactive or deleted, the audit no longer has the event, or somebody already asked for ${MAX_ROUNDS} retries of this delivery. \`detail\` says which.`,
      schema: problemSchema,
      example: {
        detail: 'This delivery is still on its way: it is pending. It can be sent again when it has ended.',
      },
    },
  },
};

export const streamDeliveries: OperationDescription = {
  summary: 'Follow deliveries',
  description: [
    'An endless stream of server-sent events. `ready`: the stream has begun. `delivery`: a delivery was created or changed, and `data` holds its new state, without the `response_headers` and `response_body` of its attempts. The same state can arrive twice. `reset`: the stream left changes out, so load again what you display.',
    'The stream sends a comment line every 5 seconds. It ends when the token expires or is revoked, when the client has fallen a megabyte behind, and when the service restarts. Then connect again with the id of the last event you read in `Last-Event-ID`. The stream repeats what you missed in the last 10 minutes. An organisation can have 25 open streams on each instance of the service.',
  ].join('\n\n'),
  headers: {
    'Last-Event-ID': {
      description: 'The id of the last server-sent event that you read.',
      schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
    },
  },
  answers: {
    200: {
      description: 'The stream.',
      mediaType: 'text/event-stream',
      schema: { type: 'string' },
      example: 'event: ready\nid: 1705329000250\ndata: {}\n\n',
    },
    400: {
      description: 'The value of `Last-Event-ID` is not an id from this stream.',
      schema: fieldProblemsSchema,
      example: { 'Last-Event-ID': ['Not an id of this stream.'] },
    },
  },
};

/** The parameters of {@link readDeliveryRequest}. */
export const REQUEST_PARAMETERS = {
  attempt: placeParameter('The number of an attempt. The answer is then its request as it was sent.'),
};

export const readDeliveryRequest: OperationDescription = {
  summary: 'Read the request of a delivery',
  description: [
    'The HTTP request of the newest attempt. Use it to test how your receiver verifies signatures. `body` is the exact text that was sent, encoded as UTF-8. The values of extra headers and of `Authorization` are `***`.',
    'The URL and the signatures come from the endpoint’s current settings. After you regenerate its secret, the signatures differ from those that were sent before. A token with the scope `endpoints:write` sees whole signatures; other tokens see their first characters. A token without the scope `endpoints:read` gets null as the URL.',
    'With `attempt`, the answer is the request of that attempt as it was sent. A signature is null if a secret that made it is no longer kept, if nothing was signed, and for old attempts, which did not record their URL and secrets.',
  ].join('\n\n'),
  query: REQUEST_PARAMETERS,
  answers: {
    200: {
      description: 'The request.',
      schema: component(
        'DeliveryRequest',
        objectSchema({
          method: { const: 'POST' },
          url: { type: ['string', 'null'] },
          headers: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
          body: { type: 'string' },
          attempt: {
            type: ['integer', 'null'],
            minimum: 1,
            description:
              'The number of the attempt that this request belongs to. Null if no attempt was made yet: then this is the request that an attempt would send now.',
          },
        }),
      ),
      example: {
        method: 'POST',
        url: 'https://your-domain.com/webhooks/skillora',
        headers: { 'Content-Type': 'application/json', 'X-Webhook-Event': 'interview_completed' },
        body: '{"event":"interview.completed","timestamp":"2024-01-15T14:30:00Z","data":{}}',
        attempt: 1,
      },
    },
    404: {
      description:
        'There is no such delivery, it has had no such attempt, its event is no longer kept, or its endpoint was deleted so long ago that its settings are no longer kept. `detail` says which.',
      schema: problemSchema,
      example: { detail: 'This delivery has no attempt 7: it has had 2.' },
    },
  },
};
