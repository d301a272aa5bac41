import {
  component,
  objectSchema,
  type OperationDescription,
  problemSchema,
  uuidSchema,
} from '@skillora/rest';

import { RETRIES } from '../deliveries/retry-limit.js';
import { keyHeader, REPLAYED_HEADER } from '../idempotency/idempotency-key.js';
import { MOST_RESENT, resendBody } from './resend-body.js';

/* The OpenAPI description of the route that sends an event again. */

export const resendEvent: OperationDescription = {
  summary: 'Send an event again',
  description: [
    `Sends the event to the endpoints in \`endpoint_ids\`, at most ${MOST_RESENT}, or to all active endpoints that want it now. A delivery that has ended is sent again: same delivery, same event id, same body. An endpoint that you name gets it even if it does not want the event any more. An endpoint without a delivery of the event gets one, if it is subscribed to the type and its filter lets the event through.`,
    `An endpoint that cannot get the event now is in \`skipped\`, with the reason: its delivery is still on its way, or its filter leaves the event out, for example. If no endpoint can get it, the answer is 409. An organisation can ask for ${RETRIES.uses} retries and resends a minute; further requests answer 429.`,
  ].join('\n\n'),
  headers: keyHeader('nothing more is sent'),
  body: resendBody,
  answers: {
    202: {
      description: 'The event is being sent.',
      headers: REPLAYED_HEADER,
      schema: component(
        'EventResent',
        objectSchema({
          status: { const: 'success' },
          message: { type: 'string' },
          deliveries: {
            type: 'array',
            description: 'The deliveries that are being sent.',
            items: objectSchema({ id: uuidSchema, endpoint_id: uuidSchema }),
          },
          skipped: {
            type: 'array',
            description: 'The endpoints that do not get the event, and why.',
            items: objectSchema({ endpoint_id: uuidSchema, detail: { type: 'string' } }),
          },
        }),
      ),
      example: {
        status: 'success',
        message: 'The event is being sent again to 1 endpoint',
        deliveries: [
          { id: '5b0c2f5e-2b57-5d0f-8a55-0d5f6c3a9b71', endpoint_id: '123e4567-e89b-12d3-a456-426614174000' },
        ],
        skipped: [
          {
            endpoint_id: '9f1c2f5e-2b57-4d0f-8a55-0d5f6c3a9b72',
            detail: 'The endpoint is inactive, so nothing would be sent. Activate it first.',
          },
        ],
      },
    },
    404: {
      description: 'Your organisation has no such event, or no endpoint with an id in `endpoint_ids`.',
      schema: problemSchema,
      example: { detail: 'endpoint_ids: there is no endpoint 123e4567-e89b-12d3-a456-426614174000.' },
    },
    409: {
      description: `No endpoint can get the event now, more than ${MOST_RESENT} endpoints are subscribed to it, or it is a test send. \`detail\` says which.`,
      schema: problemSchema,
      example: {
        detail: 'This delivery is still on its way: it is pending. It can be sent again when it has ended.',
      },
    },
  },
};
