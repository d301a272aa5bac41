import { STATUSES, type WebhookEvent } from '../api/types.js';
import { count } from '../parts/format.js';
import { statusName } from '../parts/status-badge.js';

/** How many deliveries of an event have each status. */
export function DeliveryCounts({ counts }: { readonly counts: WebhookEvent['deliveries'] }) {
  const shown = STATUSES.filter((status) => counts[status] > 0);
  return (
    <span className="counts">
      {shown.length === 0 && <span className="muted">no subscriber</span>}
      {shown.map((status) => (
        <span key={status} className={`badge ${status}`}>
          {count(counts[status])} {statusName(status).toLowerCase()}
        </span>
      ))}
    </span>
  );
}
