import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { InvalidFieldsException } from '@skillora/rest';

import { MOST_RESENT, readEndpointIds } from './resend-body.js';

const id = randomUUID();

function problemOf(endpoint_ids: unknown): unknown {
  try {
    return readEndpointIds({ endpoint_ids });
  } catch (error) {
    return error instanceof InvalidFieldsException ? error.getResponse() : error;
  }
}

it('names no endpoints if the field is absent or null', () => {
  expect([readEndpointIds({}), readEndpointIds({ endpoint_ids: null })]).toEqual([null, null]);
});

it('names each endpoint once, in lower case', () => {
  expect(readEndpointIds({ endpoint_ids: [id.toUpperCase(), id] })).toEqual([id]);
});

it.each([
  [id, 'Expected a list of items.'],
  [[], 'This list may not be empty.'],
  [Array.from({ length: MOST_RESENT + 1 }, () => id), 'Ensure this field has no more than 100 elements.'],
  [[id, 'x'], '“x” is not a valid UUID.'],
  [[id, 7], 'Each item must be a UUID, written as a string.'],
  [[null], 'Each item must be a UUID, written as a string.'],
  [[[id]], 'Each item must be a UUID, written as a string.'],
  [[[[id]]], 'Each item must be a UUID, written as a string.'],
  [[{ toString: 1 }], 'Each item must be a UUID, written as a string.'],
])('refuses %j, naming field and rule', (value, problem) => {
  expect(problemOf(value)).toEqual({ endpoint_ids: [problem] });
});
