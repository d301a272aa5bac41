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

import { keyHeader, REPLAYED_HEADER } from '../idempotency/idempotency-key.js';
import { TEST_SENDS, TESTS_UNDER_WAY } from './decide-test-send.js';
import { changeBody, creationBody, replacementBody } from './endpoint-body.js';
import { regenerationBody } from './regeneration-body.js';
import { testBody } from './test-body.js';
import { ENDPOINT_EXAMPLE, endpointSchema, newEndpointSchema, secretProperties } from './endpoint-schema.js';

/* The OpenAPI descriptions of the routes of endpoints. */

const asItIsNow: Answer = {
  description: 'The endpoint in its current state.',
  schema: endpointSchema,
  example: ENDPOINT_EXAMPLE,
};
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

export const listEndpoints: OperationDescription = {
  summary: 'List endpoints',
  description: 'Lists the endpoints of your organisation, newest first.',
  query: PAGE_PARAMETERS,
  answers: {
    200: {
      description: 'A page of endpoints.',
      schema: pageSchema('Endpoint', endpointSchema),
      example: { next: null, previous: null, results: [ENDPOINT_EXAMPLE] },
    },
  },
};

const CHANGE_LIMIT =
  'An organisation can create and change its endpoints 10,000 times an hour, unless the operator has set another limit. Further requests answer 429; a deletion is always possible.';

export const createEndpoint: OperationDescription = {
  summary: 'Create an endpoint',
  description:
    'The endpoint receives every event that is accepted after this answer and matches its `events` and its `filter`. Only this answer shows the secret, so store it. Libraries for Standard Webhooks expect the key in their own format: give them `standard_webhooks_secret`. 503 means that nothing was created. ' +
    CHANGE_LIMIT,
  headers: keyHeader(
    'no second endpoint is created. The answer shows the secret again. A request that answers 503 does not use up its key',
  ),
  body: creationBody,
  answers: {
    409: {
      description:
        'Your organisation has reached its limit of endpoints, not counting deleted ones. Or another request with the same `Idempotency-Key` is still being processed. `detail` says which.',
      schema: problemSchema,
      example: {
        detail:
          'This organisation can have 100 endpoints and has 100. Delete one that is not needed, or ask for a higher limit.',
      },
    },
    201: {
      description: 'The endpoint was created and is in effect.',
      headers: REPLAYED_HEADER,
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
    'Optional fields that you leave out keep their values. The API ignores read-only fields, so you can send back what you have read. ' +
    CHANGE_LIMIT,
  body: replacementBody,
  answers: { 200: asItIsNow },
};

export const changeEndpoint: OperationDescription = {
  summary: 'Change an endpoint',
  description: `Fields that you leave out keep their values. ${CHANGE_LIMIT}`,
  body: changeBody,
  answers: { 200: asItIsNow },
};

export const deleteEndpoint: OperationDescription = {
  summary: 'Delete an endpoint',
  description:
    'Nothing is sent to a deleted endpoint. Its open deliveries end as `failed` with the error `endpoint_deleted`. You can still read its past deliveries.',
  answers: { 204: { description: 'The endpoint was deleted.' } },
};

const notSo = (example: string): Answer => ({
  description: 'The endpoint already is as the request asks. `detail` says so.',
  schema: problemSchema,
  example: { detail: example },
});

export const holdEndpoint: OperationDescription = {
  summary: 'Hold the deliveries of an endpoint',
  description: `Nothing more is sent to the endpoint until \`resume/\`, except test webhooks. New events still create deliveries. They and those that wait stay as they are and use up no attempts. A held endpoint is not disabled for failing. ${CHANGE_LIMIT}`,
  answers: { 200: asItIsNow, 409: notSo('The endpoint is held already, since 2024-01-15T10:30:00.000Z.') },
};

export const resumeEndpoint: OperationDescription = {
  summary: 'Resume the deliveries of a held endpoint',
  description: `What has waited is sent, in order, as fast as the endpoint answers and its \`rate_limit\` allows. Failures from before no longer count for its \`health\`. ${CHANGE_LIMIT}`,
  answers: { 200: asItIsNow, 409: notSo('The endpoint is not held.') },
};

export const regenerateSecret: OperationDescription = {
  summary: 'Regenerate the secret',
  description:
    'From now on the new secret signs every attempt. Only this answer shows the new secret, so store it. With `expire_former_after`, the header `webhook-signature` also carries a signature by the former secret for a while; the other signature headers do not. 503 means that the former secret is still in use. ' +
    CHANGE_LIMIT,
  body: regenerationBody,
  answers: {
    200: {
      description: 'The endpoint has a new secret.',
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
  description: `Makes one real delivery with a single attempt, and answers when its result is known. It works even if the endpoint is inactive, and whatever its \`events\` are. An endpoint can have one test at a time and ${TEST_SENDS.uses} a minute. An organisation can have ${TESTS_UNDER_WAY} tests at a time. Further requests answer 429. The header \`X-Webhook-Test: true\` marks the request.`,
  body: testBody,
  answers: {
    200: {
      description: 'Your server answered the test webhook with 2xx.',
      schema: component(
        'TestSent',
        objectSchema({ status: { const: 'success' }, message: { type: 'string' } }),
      ),
      example: { status: 'success', message: 'Test webhook sent successfully' },
    },
    502: {
      description: 'The test webhook was not delivered. `message` says why.',
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
