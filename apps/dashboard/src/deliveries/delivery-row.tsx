import { Link } from 'wouter';

import type { Delivery } from '../api/types.js';
import { eventTypeName } from '../endpoints/event-type-names.js';
import { Countdown } from '../parts/countdown.js';
import { StatusBadge } from '../parts/status-badge.js';
import { Time } from '../parts/time.js';
import { errorName } from './error-names.js';

/** A delivery in a list. */
export function DeliveryRow({
  delivery,
  endpoint,
}: {
  readonly delivery: Delivery;
  readonly endpoint: string;
}) {
  const { status, next_retry_at, error, attempt_count, response_status } = delivery;
  return (
    <li>
      <Link href={`/deliveries/${delivery.id}`} className="row delivery-row">
        <StatusBadge status={status} />
        <span className="row-main">
          {eventTypeName(delivery.event_type)}
          <small className="muted">{endpoint}</small>
        </span>
        <span className="row-note">
          {response_status !== null && <span className="code-number">{response_status}</span>}
          {status === 'retrying' && next_retry_at !== null ? (
            <>
              next in <Countdown until={next_retry_at} />
            </>
          ) : (
            (error !== null && errorName(error)) ||
            (status === 'filtered' && 'left out by the endpoint’s filter')
          )}
        </span>
        <span className="row-count">
          {status === 'filtered'
            ? 'not sent'
            : `${attempt_count} ${attempt_count === 1 ? 'attempt' : 'attempts'}`}
        </span>
        <span className="row-time">
          <Time at={delivery.created_at} />
        </span>
      </Link>
    </li>
  );
}
