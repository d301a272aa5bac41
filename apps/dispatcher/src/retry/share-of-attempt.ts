import { hash } from 'node:crypto';

import type { Delivery } from '@skillora/contracts';

/**
 * A number from 0 up to 1 that is as good as random among attempts, and always the same for one attempt. So an
 * attempt whose end is decided twice, because a process died in between, gets the same next one.
 */
export function shareOfAttempt({
  deliveryId,
  round,
  step,
}: Pick<Delivery, 'deliveryId' | 'round' | 'step'>): number {
  const digest = hash('sha256', `${deliveryId}/${round}/${step}`, 'buffer');
  return digest.readUInt32BE(0) / 2 ** 32;
}
