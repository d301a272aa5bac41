import type { DeliveryStatus } from '../api/types.js';

const NAMES: Record<DeliveryStatus, string> = {
  pending: 'Pending',
  retrying: 'Retrying',
  success: 'Delivered',
  failed: 'Failed',
  filtered: 'Filtered',
};

export function statusName(status: DeliveryStatus): string {
  return NAMES[status];
}

export function StatusBadge({ status }: { readonly status: DeliveryStatus }) {
  return <span className={`badge ${status}`}>{NAMES[status]}</span>;
}
