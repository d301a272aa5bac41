import { BODY_BYTES_HEADER } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';

/**
 * The memory that a delivery takes while it is attempted, bytes: its record, and the body if the record names it only.
 * What waits counts as much as what is attempted, so that attempts never need more than was counted.
 */
export function bytesInAttempt({ value, headers }: Pick<ReceivedRecord, 'value' | 'headers'>): number {
  const { [BODY_BYTES_HEADER]: named = '' } = headers;
  return (value?.length ?? 0) + (/^\d{1,9}$/.test(named) ? Number(named) : 0);
}
