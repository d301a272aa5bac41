import type { Attempt, Delivery, EndpointState } from '@skillora/contracts';
import { signedWith, type SigningSecrets } from '@skillora/signing';

import type { RetrySchedule } from '../retry/schedule.js';
import { attemptNumber } from './attempt-number.js';

/** The part of an attempt that is known before its outcome. */
export type Evidence = Required<Pick<Attempt, 'number' | 'url' | 'endpointVersion' | 'signedWith'>>;

/**
 * Records the endpoint's settings that an attempt uses.
 * @param endpoint undefined if it is not known.
 * @param secrets null if no request is made.
 */
export function evidenceOf(
  delivery: Delivery,
  endpoint: EndpointState | undefined,
  secrets: SigningSecrets | null,
  schedule: RetrySchedule,
): Evidence {
  return {
    number: attemptNumber(delivery, schedule),
    url: endpoint?.url ?? null,
    endpointVersion: endpoint?.version ?? null,
    signedWith: secrets && signedWith(secrets),
  };
}
