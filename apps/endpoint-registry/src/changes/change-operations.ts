import {
  choiceParameter,
  component,
  described,
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

/* The documentation of the log of changes. */

const DATE = 'A date means the start of that day in UTC.';

/** The parameters by which changes are filtered. */
export const CHANGE_FILTERS = {
  object_id: described(uuidParameter, 'Lists only changes of this endpoint, token, delivery or event.'),
  object_type: described(choiceParameter(...OBJECT_TYPES), 'Lists only changes of objects of this type.'),
  actor_id: described(uuidParameter, 'Lists only changes that were made with this token.'),
  action: described(choiceParameter(...ACTIONS), 'Lists only changes of this kind.'),
  created_after: described(timeParameter, `Lists only changes made after this time. ${DATE}`),
  created_before: described(timeParameter, `Lists only changes made before this time. ${DATE}`),
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
      description: 'The place in the chain of the organisation. Numbers have no gaps.',
    },
    created_at: timeSchema,
    actor: {
      ...objectSchema({
        type: { enum: ['token', 'operator', 'service'] },
        id: { ...orNull(uuidSchema), description: 'The token’s id.' },
        name: { type: ['string', 'null'] },
      }),
      description:
        'The token of the request, an operator at the command line, or a service that acted by itself.',
    },
    address: {
      type: ['string', 'null'],
      description: 'The address of the client, null if the change did not come from a request.',
    },
    request_id: {
      type: ['string', 'null'],
      description: 'The `X-Request-Id` of the answer, null if the change did not come from a request.',
    },
    action: { enum: ACTIONS },
    object_type: { enum: OBJECT_TYPES },
    object_id: uuidSchema,
    before: fieldsSchema(
      'The fields that changed, with their values before. Null if the object did not exist.',
    ),
    after: fieldsSchema(
      'The same fields, with their values after the change. A secret is shown as its fingerprint: the first 8 hex digits of its SHA-256.',
    ),
    previous_hash: {
      ...hashSchema,
      description:
        'The hash of the entry before. The first entry has the SHA-256 of the id of the organisation.',
    },
    hash: {
      ...hashSchema,
      description:
        'The SHA-256 of this object without `hash`, written as canonical JSON (RFC 8785) in UTF-8.',
    },
  }),
);

export const listChanges: OperationDescription = {
  summary: 'List changes',
  description: [
    'Lists every change of an endpoint, a token or the organisation, every hold, every retry and resend by hand, every recovery, and each time that refused events were written again, newest first. An entry is written in the same transaction as its change. A request that fails or changes nothing has no entry.',
    'A creation or a new secret that could not be put into effect was answered with 503. It has two entries: the change, and `endpoint.withdrawn`, which undid it.',
    'The entries of an organisation form a chain: each one has the hash of the entry before it, so a missing or altered entry shows. Entries are never deleted.',
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
