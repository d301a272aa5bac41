import {
  type Answer,
  component,
  objectSchema,
  type OperationDescription,
  PAGE_PARAMETERS,
  pageSchema,
  problemSchema,
  timeSchema,
  uuidSchema,
} from '@skillora/rest';

import { IDEMPOTENCY_KEY_SCHEMA } from '../idempotency/idempotency-key.js';
import { TEST_SENDS, TESTS_UNDER_WAY } from './decide-test-send.js';
import { changeBody, creationBody, replacementBody } from './endpoint-body.js';
import { regenerationBody } from './regeneration-body.js';
import { ENDPOINT_EXAMPLE, endpointSchema, newEndpointSchema, secretProperties } from './endpoint-schema.js';

/* What the documentation says of each route of endpoints. */

const asItIsNow: Answer = { description: 'As it is now.', schema: endpointSchema, example: ENDPOINT_EXAMPLE };
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

export const listEndpoints: OperationDescription = {
  summary: 'List endpoints',
  description: 'Newest first.',
  query: PAGE_PARAMETERS,
  answers: {
    200: {
      description: 'A page of endpoints.',
      schema: pageSchema('Endpoint', endpointSchema),
      example: { next: null, previous: null, results: [ENDPOINT_EXAMPLE] },
    },
  },
};

export const createEndpoint: OperationDescription = {
  summary: 'Create an endpoint',
  description:
    'It counts for every event that is accepted after the answer. This answer alone shows the secret. A secret of your own is no key as the libraries of Standard Webhooks write one: give them `standard_webhooks_secret`. 503 means that nothing was created.',
  headers: {
    'Idempotency-Key': {
      description:
        'A key that the client makes up, such as a UUID. The answer to the first request that created something is kept for 24 hours and given again, secret included, to every later one with the same key and body, with `Idempotent-Replayed: true`; with another body the key is refused. Requests that are refused, and such that end with 503, use up no key.',
      schema: IDEMPOTENCY_KEY_SCHEMA,
    },
  },
  body: creationBody,
  answers: {
    409: {
      description:
        'The organisation has as many endpoints as it can have (deleted ones do not count), or a request with the same `Idempotency-Key` is under way. `detail` says which.',
      schema: problemSchema,
      example: {
        detail:
          'This organisation can have 100 endpoints and has 100. Delete one that is not needed, or ask for a higher limit.',
      },
    },
    201: {
      description: 'It is created and in effect.',
      headers: { 'Idempotent-Replayed': '`true` when this answer was given before' },
      schema: newEndpointSchema,
      example: { ...ENDPOINT_EXAMPLE, secret, standard_webhooks_secret: secret },
    },
  },
};

export const readEndpoint: OperationDescription = {
  summary: 'Read an endpoint',
  answers: { 200: asItIsNow },
};

export const replaceEndpoint: OperationDescription = {
  summary: 'Replace an endpoint',
  description:
    'Fields that are not required and not given stay as they are. Read-only fields are ignored, so what was read can be put back.',
  body: replacementBody,
  answers: { 200: asItIsNow },
};

export const changeEndpoint: OperationDescription = {
  summary: 'Change an endpoint',
  description: 'Fields that are not given stay as they are.',
  body: changeBody,
  answers: { 200: asItIsNow },
};

export const deleteEndpoint: OperationDescription = {
  summary: 'Delete an endpoint',
  description:
    'Nothing is sent to it afterwards; open deliveries end as `failed` with the error `endpoint_deleted`. Its history stays readable.',
  answers: { 204: { description: 'It is deleted.' } },
};

export const regenerateSecret: OperationDescription = {
  summary: 'Regenerate the secret',
  description:
    'The new one signs every attempt from now on. This answer alone shows it. With `expire_former_after` the former one signs beside it for a while, in `webhook-signature` alone. 503 means that the old one stays.',
  body: regenerationBody,
  answers: {
    200: {
      description: 'There is a new secret.',
      schema: component('RegeneratedSecret', {
        ...objectSchema({
          status: { const: 'success' },
          message: { type: 'string' },
          ...secretProperties,
          former_secret_expires_at: timeSchema,
        }),
        required: ['status', 'message', 'secret', 'standard_webhooks_secret'],
      }),
      example: {
        status: 'success',
        message: 'Secret regenerated successfully',
        secret,
        standard_webhooks_secret: secret,
      },
    },
  },
};

export const testEndpoint: OperationDescription = {
  summary: 'Send a test webhook',
  description: `One real delivery with one attempt, answered when its outcome is known. It works on an inactive endpoint and whatever its subscription. An endpoint gets one at a time and ${TEST_SENDS.uses} a minute, and ${TESTS_UNDER_WAY} of an organisation are under way at once; one more is 429.`,
  answers: {
    200: {
      description: 'The endpoint answered 2xx.',
      schema: component(
        'TestSent',
        objectSchema({ status: { const: 'success' }, message: { type: 'string' } }),
      ),
      example: { status: 'success', message: 'Test webhook sent successfully' },
    },
    502: {
      description: 'The test webhook was not delivered.',
      schema: component(
        'TestFailed',
        objectSchema({
          status: { const: 'error' },
          message: { type: 'string' },
          delivery_id: uuidSchema,
          response_status: { type: ['integer', 'null'] },
        }),
      ),
      example: {
        status: 'error',
        message: 'The test webhook was not delivered. The endpoint answered with status 500.',
        delivery_id: '5a0d8f4e-6f0b-5a53-9d9c-2f1f2a3b4c5d',
        response_status: 500,
      },
    },
  },
};
