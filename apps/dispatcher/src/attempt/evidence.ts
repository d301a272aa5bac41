import type { Attempt, Delivery, EndpointState } from '@skillora/contracts';
import { signedWith, type SigningSecrets } from '@skillora/signing';

import type { RetrySchedule } from '../retry/schedule.js';
import { attemptNumber } from './attempt-number.js';

/** The part of an attempt that is known before its outcome. */
export type Evidence = Required<Pick<Attempt, 'number' | 'url' | 'endpointVersion' | 'signedWith'>> &
  Pick<Attempt, 'headerNames'>;

/**
 * Records the endpoint's settings that an attempt uses.
 * @param endpoint undefined if it is not known.
 * @param secrets null if no request is made. @param headerNames of the headers that its request carries beside ours.
 */
export function evidenceOf(
  delivery: Delivery,
  endpoint: EndpointState | undefined,
  secrets: SigningSecrets | null,
  schedule: RetrySchedule,
  headerNames: readonly string[] = [],
): Evidence {
  return {
    number: attemptNumber(delivery, schedule),
    url: endpoint?.url ?? null,
    endpointVersion: endpoint?.version ?? null,
    signedWith: secrets && signedWith(secrets),
    ...(headerNames.length > 0 ? { headerNames } : {}),
  };
}
