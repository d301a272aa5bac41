import { component, type JsonSchema, objectSchema } from './json-schema.js';
import type { Answer } from './operation.js';

/** An error that is about the whole request. */
export const problemSchema = component('Problem', objectSchema({ detail: { type: 'string' } }));

/** What is wrong with each field of a body or parameter of a query. */
export const fieldProblemsSchema = component('FieldProblems', {
  type: 'object',
  description:
    'By field or parameter; within nested data by path, such as `data.score`. The key `non_field_errors` is about the whole.',
  minProperties: 1,
  additionalProperties: { type: 'array', items: { type: 'string' }, minItems: 1 },
});

const RETRY_AFTER = { 'Retry-After': 'Seconds after which it is worth trying again' };

function problem(description: string, detail: string, headers?: Answer['headers']): Answer {
  return {
    description,
    schema: problemSchema,
    example: { detail },
    ...(headers === undefined ? {} : { headers }),
  };
}

/** What of a route decides which answers it shares with others. */
export interface Traits {
  /** Null when it asks for no token. */
  readonly scope: string | null;
  readonly hasId: boolean;
  readonly readsQuery: boolean;
  readonly takesBody: boolean;
  /** Headers of its own, each of which may be bad. */
  readonly readsHeaders: boolean;
  /** Everything but GET: a body that was not asked for must be sound too. */
  readonly changes: boolean;
}

/** The answers that follow from what a route is. */
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
    ...(hasId
      ? { 404: problem('There is no such object, or it is another organisation’s.', 'Not found.') }
      : {}),
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
      ? 'Fields or parameters are bad, each with what is wrong; or the request as a whole is malformed.'
      : 'The request is malformed.',
    schema: hasFields ? { anyOf } : problemSchema,
    example: hasFields ? { page_size: ['Must be a whole number from 1 to 200.'] } : malformed,
  };
}

function guardedAnswers(scope: string): Record<number, Answer> {
  return {
    401: problem(
      'There is no token, or it does not count: malformed, unknown, expired or revoked.',
      'Invalid token.',
      { 'WWW-Authenticate': 'The challenge of RFC 6750: `Bearer`, with the error where there is one' },
    ),
    403: problem(
      'The token lacks the scope.',
      `You do not have permission to perform this action: the token lacks the scope ${scope}.`,
      { 'WWW-Authenticate': 'The challenge of RFC 6750, naming the scope' },
    ),
    429: problem(
      'Too many requests with this token, or too many unknown tokens from this address.',
      'Too many requests with this token. Expected available in 1 second.',
      RETRY_AFTER,
    ),
    503: problem(
      'A part the service stands on is away. Nothing is half-done; try again.',
      'The service cannot answer at the moment.',
      RETRY_AFTER,
    ),
  };
}
