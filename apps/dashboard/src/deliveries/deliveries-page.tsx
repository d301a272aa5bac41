import { useLive } from '../api/live.js';
import { useDeliveries, useEndpoints } from '../api/queries.js';
import { LOGGED_EVENT_TYPES, STATUSES } from '../api/types.js';
import { endpointName } from '../endpoints/endpoint-name.js';
import { eventTypeName } from '../endpoints/event-type-names.js';
import { ChoiceFilter, Filters, IdFilter, TimeRangeFilter, useFilters } from '../parts/filters.js';
import { shortUrl } from '../parts/format.js';
import { PageList } from '../parts/page-list.js';
import { statusName } from '../parts/status-badge.js';
import { useTitle } from '../shell/use-title.js';
import { DeliveryRow } from './delivery-row.js';
import { LiveBadge } from './live-badge.js';

const FILTERS = [
  'endpoint_id',
  'status',
  'event_type',
  'event_id',
  'created_after',
  'created_before',
] as const;

/** The delivery log. */
export function DeliveriesPage() {
  useTitle('Deliveries');
  const { values, query, newest, any, set, clear } = useFilters(FILTERS);
  const { pollEveryMs } = useLive();
  const deliveries = useDeliveries(query, newest ? pollEveryMs : false);
  const endpoints = useEndpoints();

  return (
    <>
      <header className="page-head">
        <div>
          <h1>Deliveries</h1>
          <p className="muted">Every webhook that was sent, newest first.</p>
        </div>
        {newest && <LiveBadge />}
      </header>
      <Filters any={any} clear={clear}>
        <ChoiceFilter
          label="Endpoint"
          all="All endpoints"
          value={values.endpoint_id}
          choices={endpoints.data?.map(({ id, url }) => ({ value: id, name: shortUrl(url) })) ?? []}
          change={(value) => set('endpoint_id', value)}
        />
        <ChoiceFilter
          label="Status"
          all="Any status"
          value={values.status}
          choices={STATUSES.map((value) => ({ value, name: statusName(value) }))}
          change={(value) => set('status', value)}
        />
        <ChoiceFilter
          label="Event type"
          all="All types"
          value={values.event_type}
          choices={LOGGED_EVENT_TYPES.map((value) => ({ value, name: eventTypeName(value) }))}
          change={(value) => set('event_type', value)}
        />
        {values.event_id !== '' && (
          <IdFilter
            label="Event"
            all="All events"
            what=""
            value={values.event_id}
            change={(value) => set('event_id', value)}
          />
        )}
        <TimeRangeFilter values={values} set={set} />
      </Filters>
      <PageList
        page={deliveries}
        what="deliveries"
        label="Deliveries"
        none="Nothing was sent yet"
        hint={<p className="muted">New deliveries appear here by themselves.</p>}
        filtered={any}
        clear={clear}
        row={(delivery) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            endpoint={endpointName(endpoints, delivery.endpoint_id)}
          />
        )}
      />
    </>
  );
}
