import { component, type JsonSchema, objectSchema } from './json-schema.js';
import type { Answer } from './operation.js';

/** An error that is about the whole request. */
export const problemSchema = component('Problem', objectSchema({ detail: { type: 'string' } }));

/** The problems of each field of a body, or of each parameter of a query. */
export const fieldProblemsSchema = component('FieldProblems', {
  type: 'object',
  description:
    'The problems of each field or parameter. A field in nested data is named by its path, for example `data.score`. `non_field_errors` lists problems of the request as a whole.',
  minProperties: 1,
  additionalProperties: { type: 'array', items: { type: 'string' }, minItems: 1 },
});

const RETRY_AFTER = { 'Retry-After': 'How many seconds to wait before you try again' };

function problem(description: string, detail: string, headers?: Answer['headers']): Answer {
  return {
    description,
    schema: problemSchema,
    example: { detail },
    ...(headers === undefined ? {} : { headers }),
  };
}

/** The properties of a route that decide which answers it shares with others. */
export interface Traits {
  /** Null when the route needs no token. */
  readonly scope: string | null;
  readonly hasId: boolean;
  readonly readsQuery: boolean;
  readonly takesBody: boolean;
  /** Whether it has headers of its own, each of which may be bad. */
  readonly readsHeaders: boolean;
  /** Everything except GET: even an unexpected body must be valid. */
  readonly changes: boolean;
}

/** The answers that follow from the properties of a route. */
export function usualAnswers({
  scope,
  hasId,
  readsQuery,
  takesBody,
  readsHeaders,
  changes,
}: Traits): Record<number, Answer> {
  const hasFields = readsQuery || takesBody || readsHeaders;
  return {
    ...(hasFields || changes ? { 400: badRequest(hasFields) } : {}),
    ...(scope === null ? {} : guardedAnswers(scope)),
    ...(hasId ? { 404: problem('Your organisation has no object with this id.', 'Not found.') } : {}),
    ...(changes
      ? {
          413: problem('The body is too large.', 'The request body is too large.'),
          415: problem('The body is not JSON.', 'Unsupported media type "text/xml" in request.'),
        }
      : {}),
  };
}

function badRequest(hasFields: boolean): Answer {
  const malformed = { detail: 'JSON parse error - the key "url" stands twice in one object.' };
  const anyOf: JsonSchema[] = hasFields ? [fieldProblemsSchema, problemSchema] : [problemSchema];
  return {
    description: hasFields
      ? 'A field or parameter has a bad value, and the answer says what is wrong with each. Or the request as a whole is malformed.'
      : 'The request is malformed.',
    schema: hasFields ? { anyOf } : problemSchema,
    example: hasFields ? { page_size: ['Must be a whole number from 1 to 200.'] } : malformed,
  };
}

function guardedAnswers(scope: string): Record<number, Answer> {
  return {
    401: problem(
      'The request has no token, or the token is malformed, unknown, expired or revoked.',
      'Invalid token.',
      { 'WWW-Authenticate': '`Bearer`, with an error code if a token was sent (RFC 6750)' },
    ),
    403: problem(
      'The token does not have the scope that this route needs.',
      `You do not have permission to perform this action: the token lacks the scope ${scope}.`,
      { 'WWW-Authenticate': '`Bearer` with the scope that is missing (RFC 6750)' },
    ),
    429: problem(
      'This token made too many requests, or this address sent too many unknown tokens.',
      'Too many requests with this token. Expected available in 1 second.',
      RETRY_AFTER,
    ),
    503: problem(
      'The service cannot reach a system that it depends on. No request is carried out in part. Try again.',
      'The service cannot answer at the moment.',
      RETRY_AFTER,
    ),
  };
}
