import { DELIVERY_STATUSES } from '@skillora/contracts';

/**
 * The statuses that the audit shows: those of a delivery, and `filtered` for one that was not made, because the filter
 * of the endpoint left the event out.
 */
export const AUDITED_STATUSES = [...DELIVERY_STATUSES, 'filtered'] as const;
export type AuditedStatus = (typeof AUDITED_STATUSES)[number];
