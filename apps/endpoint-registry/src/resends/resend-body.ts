import {
  bodySchema,
  component,
  InvalidFieldsException,
  MayBeAbsent,
  type RequestBody,
  Shown,
  uuidParameter,
  uuidSchema,
} from '@skillora/rest';
import { Allow } from 'class-validator';

/** How many endpoints can get an event again at a time. */
export const MOST_RESENT = 100;

/** The body that asks to send an event again; it may be empty. */
@MayBeAbsent()
export class ResendRequest {
  @Shown({
    type: ['array', 'null'],
    items: uuidSchema,
    minItems: 1,
    maxItems: MOST_RESENT,
    description:
      'The endpoints that get the event. If you leave it out, all active endpoints get it that are subscribed to its type now, and whose filter lets it through.',
  })
  @Allow()
  endpoint_ids?: unknown;
}

/** The documentation of {@link ResendRequest}. */
export const resendBody: RequestBody = {
  required: false,
  content: {
    'application/json': {
      schema: component('ResendRequest', bodySchema(ResendRequest)),
      examples: {
        toOne: { endpoint_ids: ['123e4567-e89b-12d3-a456-426614174000'] },
        toAllThatAreSubscribed: {},
      },
    },
  },
};

/**
 * The ids of the endpoints that the body names, each once, in lower case; null if it names none.
 * @throws {InvalidFieldsException} naming field and rule.
 */
export function readEndpointIds({ endpoint_ids: ids }: ResendRequest): readonly string[] | null {
  if (ids === undefined || ids === null) return null;
  if (!Array.isArray(ids)) throw refused('Expected a list of items.');
  if (ids.length === 0) throw refused('This list may not be empty.');
  if (ids.length > MOST_RESENT) {
    throw refused(`Ensure this field has no more than ${MOST_RESENT} elements.`);
  }
  const given = ids.filter((id: unknown) => typeof id === 'string');
  if (given.length < ids.length) throw refused('Each item must be a UUID, written as a string.');
  try {
    return [...new Set(given.map(uuidParameter))];
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

function refused(problem: string): InvalidFieldsException {
  return new InvalidFieldsException({ endpoint_ids: [problem] });
}
