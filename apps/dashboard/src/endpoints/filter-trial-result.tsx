import type { FilterTrial } from '../api/types.js';
import { count } from '../parts/format.js';
import { Time } from '../parts/time.js';
import { eventTypeName } from './event-type-names.js';

/** How many events are listed; the figures are about all. */
const LISTED = 8;

/** What a filter would have done with past events. */
export function FilterTrialResult({ trial }: { readonly trial: FilterTrial }) {
  const { events, matched, filtered, undescribed_paths: undescribed, results } = trial;
  if (events === 0) return <p className="muted">There are no events of these types yet.</p>;
  return (
    <>
      <p>
        Of the last {count(events)} events, the endpoint would have received <b>{count(matched)}</b>, and{' '}
        <b>{count(filtered)}</b> would have been filtered.
      </p>
      {undescribed.length > 0 && (
        <p className="warning">
          No event type describes {undescribed.map((path) => `“${path}”`).join(', ')}. Is the name correct?
        </p>
      )}
      <ul className="trial-events" aria-label="The newest of these events">
        {results.slice(0, LISTED).map((event) => (
          <li key={event.id}>
            <span className={`badge ${event.matched ? 'success' : 'filtered'}`}>
              {event.matched ? 'Received' : 'Filtered'}
            </span>
            <span className="trial-event">{eventTypeName(event.event_type)}</span>
            <Time at={event.created_at} />
          </li>
        ))}
      </ul>
      {results.length > LISTED && <p className="muted">and {count(results.length - LISTED)} older ones</p>}
    </>
  );
}
