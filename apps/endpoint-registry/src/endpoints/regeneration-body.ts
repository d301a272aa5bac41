import { parseDuration } from '@skillora/operability';
import { InvalidFields, readBody } from '@skillora/rest';
import { Allow } from 'class-validator';

import { MAX_FORMER_SECONDS } from './former-secrets.js';

class RegenerationBody {
  @Allow()
  expire_former_after!: unknown;
}

/**
 * Reads the body of a regeneration, which may be empty: how long the former secret stays valid beside the new one, ms,
 * given as whole seconds or as a duration such as `24h`. 0 when it is not to.
 */
export function readRegeneration(body: unknown): number {
  const { expire_former_after: given } = readBody(RegenerationBody, body ?? {});
  if (given === undefined || given === null) return 0;
  const ms = toMs(given);
  if (ms === null) {
    throw new InvalidFields({
      expire_former_after: ['Must be a whole number of seconds, or a duration such as "24h".'],
    });
  }
  if (ms > MAX_FORMER_SECONDS * 1_000) {
    throw new InvalidFields({
      expire_former_after: [`Ensure this value is less than or equal to ${MAX_FORMER_SECONDS} seconds.`],
    });
  }
  return ms;
}

function toMs(given: unknown): number | null {
  if (typeof given === 'string') return parseDuration(given);
  return typeof given === 'number' && Number.isInteger(given) && given >= 0 ? given * 1_000 : null;
}
