import { Link } from 'wouter';

import { useEvents } from '../api/queries.js';
import { LOGGED_EVENT_TYPES } from '../api/types.js';
import { eventTypeName } from '../endpoints/event-type-names.js';
import { ChoiceFilter, Filters, TimeRangeFilter, useFilters } from '../parts/filters.js';
import { PageList } from '../parts/page-list.js';
import { Time } from '../parts/time.js';
import { useTitle } from '../shell/use-title.js';
import { DeliveryCounts } from './delivery-counts.js';

const FILTERS = ['event_type', 'created_after', 'created_before'] as const;

/** The list of events. */
export function EventsPage() {
  useTitle('Events');
  const { values, query, any, set, clear } = useFilters(FILTERS);
  const events = useEvents(query);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Events</h1>
          <p className="muted">The events of your organisation, and whether they were delivered.</p>
        </div>
      </header>
      <Filters any={any} clear={clear}>
        <ChoiceFilter
          label="Event type"
          all="All types"
          value={values.event_type}
          choices={LOGGED_EVENT_TYPES.map((value) => ({ value, name: eventTypeName(value) }))}
          change={(value) => set('event_type', value)}
        />
        <TimeRangeFilter values={values} set={set} />
      </Filters>
      <PageList
        page={events}
        what="events"
        label="Events"
        none="No events yet"
        filtered={any}
        clear={clear}
        row={(event) => (
          <li key={event.id}>
            <Link href={`/events/${event.id}`} className="row event-row">
              <span className="row-main">
                {eventTypeName(event.event_type)}
                <small className="muted">
                  <code>{event.id}</code>
                </small>
              </span>
              <DeliveryCounts counts={event.deliveries} />
              <span className="row-time">
                <Time at={event.created_at} />
              </span>
            </Link>
          </li>
        )}
      />
    </>
  );
}
