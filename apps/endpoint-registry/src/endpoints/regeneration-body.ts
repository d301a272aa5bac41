import { parseDuration } from '@skillora/operability';
import {
  bodySchema,
  InvalidFieldsException,
  MayBeAbsent,
  Refused,
  type RequestBody,
  Shown,
} from '@skillora/rest';
import { Allow } from 'class-validator';

import { MAX_FORMER_SECONDS } from './former-secrets.js';

/** The body of a regeneration, which may be empty. */
@MayBeAbsent()
export class Regeneration {
  @Shown({
    description:
      'How long the former secret stays valid beside the new one: whole seconds, or a duration such as `24h`. If you leave it out, the former secret ends at once.',
    anyOf: [
      { type: 'integer', minimum: 0, maximum: MAX_FORMER_SECONDS },
      { type: 'string', pattern: '^[0-9]{1,12}(ms|s|m|h|d)$' },
      { type: 'null' },
    ],
    examples: ['24h', 3_600],
  })
  @Allow()
  expire_former_after?: unknown;

  @Refused(
    'The new secret is always generated. A secret of your own can be given when an endpoint is created.',
  )
  secret?: never;
}

/** The documentation of the body of a regeneration. */
export const regenerationBody: RequestBody = {
  required: false,
  content: {
    'application/json': {
      schema: bodySchema(Regeneration),
      examples: { theFormerOneForADay: { expire_former_after: '24h' } },
    },
  },
};

/**
 * How long the former secret stays valid beside the new one, ms, from whole seconds or a duration like `24h`;
 * 0 when it ends at once.
 * @throws {InvalidFieldsException} for another value.
 */
export function keepFormerMs({ expire_former_after: given }: Regeneration): number {
  if (given === undefined || given === null) return 0;
  const ms = toMs(given);
  if (ms === null) {
    throw new InvalidFieldsException({
      expire_former_after: ['Must be a whole number of seconds, or a duration such as "24h".'],
    });
  }
  if (ms > MAX_FORMER_SECONDS * 1_000) {
    throw new InvalidFieldsException({
      expire_former_after: [`Ensure this value is less than or equal to ${MAX_FORMER_SECONDS} seconds.`],
    });
  }
  return ms;
}

function toMs(given: unknown): number | null {
  if (typeof given === 'string') return parseDuration(given);
  return typeof given === 'number' && Number.isInteger(given) && given >= 0 ? given * 1_000 : null;
}
