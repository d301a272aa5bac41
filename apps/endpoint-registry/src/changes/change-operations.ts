import {
  choiceParameter,
  component,
  objectSchema,
  type OperationDescription,
  orNull,
  PAGE_PARAMETERS,
  pageSchema,
  problemSchema,
  timeParameter,
  timeSchema,
  uuidParameter,
  uuidSchema,
} from '@skillora/rest';

import { ACTIONS, OBJECT_TYPES } from './entry.js';

/* What the documentation says of the log of changes. */

/** The parameters by which changes are filtered. */
export const CHANGE_FILTERS = {
  object_id: uuidParameter,
  object_type: choiceParameter(...OBJECT_TYPES),
  actor_id: uuidParameter,
  action: choiceParameter(...ACTIONS),
  created_after: timeParameter,
  created_before: timeParameter,
};

const hashSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const fieldsSchema = (description: string) => ({ type: ['object', 'null'], description });

const changeSchema = component(
  'Change',
  objectSchema({
    id: uuidSchema,
    number: {
      type: 'integer',
      minimum: 1,
      description: 'The place in the organisation’s chain, without gaps.',
    },
    created_at: timeSchema,
    actor: {
      ...objectSchema({
        type: { enum: ['token', 'operator', 'service'] },
        id: { ...orNull(uuidSchema), description: 'The token’s id.' },
        name: { type: ['string', 'null'] },
      }),
      description: 'The token that asked for it, an operator at the command line, or a service by itself.',
    },
    address: { type: ['string', 'null'], description: 'The client’s address; null where no client asked.' },
    request_id: {
      type: ['string', 'null'],
      description: 'The request’s `X-Request-Id`, as it was answered; null where there was no request.',
    },
    action: { enum: ACTIONS },
    object_type: { enum: OBJECT_TYPES },
    object_id: uuidSchema,
    before: fieldsSchema('The fields that became different, as they were; null where there was nothing.'),
    after: fieldsSchema(
      'The same fields, as they are since. In the place of a secret stands its fingerprint: the first 8 hex digits of its SHA-256.',
    ),
    previous_hash: {
      ...hashSchema,
      description: 'The hash of the entry before; of the first entry the SHA-256 of the organisation’s id.',
    },
    hash: {
      ...hashSchema,
      description: 'The SHA-256 of this object without `hash`, as canonical JSON (RFC 8785), in UTF-8.',
    },
  }),
);

export const listChanges: OperationDescription = {
  summary: 'List changes',
  description: [
    'Who changed what: every change of an endpoint, a token or the organisation, every retry by hand and every replay, newest first. Each is written in the transaction of the change. Requests that fail, and those that change nothing, have none.',
    'A request that was answered with 503, because the change could not be put into effect, has two: what was done, and `endpoint.withdrawn`.',
    'The entries of an organisation are a chain: each has the hash of the one before, so a gap shows. They are kept without end.',
  ].join('\n\n'),
  query: { ...CHANGE_FILTERS, ...PAGE_PARAMETERS },
  answers: {
    200: {
      description: 'A page of changes.',
      schema: pageSchema('Change', changeSchema),
      example: {
        next: null,
        previous: null,
        results: [
          {
            id: '018d0db4-4f40-7000-8000-0c1b2a394857',
            number: 7,
            created_at: '2024-01-15T14:30:00.000Z',
            actor: { type: 'token', id: '9c2d1f60-54b1-4c1c-9f0a-7d3f6b2e1a55', name: 'their backend' },
            address: '203.0.113.7',
            request_id: '4f8f3b0a-6a0e-4c57-8f5b-1d0f5f1f8a21',
            action: 'endpoint.updated',
            object_type: 'endpoint',
            object_id: '123e4567-e89b-12d3-a456-426614174000',
            before: { is_active: true, version: 3 },
            after: { is_active: false, version: 4 },
            previous_hash: 'b1946ac92492d2347c6235b4d2611184e0f3a1b7a3c7d1c2a5e3e9f7d0b6c8a1',
            hash: '0f343b0931126a20f133d67c2b018a3b5d7e6c1f4a2b9d8e7c6f5a4b3c2d1e0f',
          },
        ],
      },
    },
    404: {
      description: 'A filter names an object or a token that the organisation never had.',
      schema: problemSchema,
      example: { detail: 'Not found.' },
    },
  },
};
