import { Link } from 'wouter';

import { useEndpoints, useEvent, useEventDeliveries } from '../api/queries.js';
import type { WebhookEvent } from '../api/types.js';
import { DeliveryRow } from '../deliveries/delivery-row.js';
import { endpointName } from '../endpoints/endpoint-name.js';
import { eventTypeName } from '../endpoints/event-type-names.js';
import { CodeBlock } from '../parts/code-block.js';
import { CopyButton } from '../parts/copy-button.js';
import { Icon } from '../parts/icon.js';
import { Empty, Failed, LoadingBlock } from '../parts/states.js';
import { Tabs } from '../parts/tabs.js';
import { Time } from '../parts/time.js';
import { ResendEvent } from '../resends/resend-event.js';
import { useTitle } from '../shell/use-title.js';

/** One event and its deliveries. */
export function EventPage({ id }: { readonly id: string }) {
  useTitle('Event');
  const event = useEvent(id);
  // Waits for both, so that the content below the deliveries does not move when they arrive.
  const { isPending } = useEventDeliveries(id);
  return (
    <>
      <header className="page-head">
        <div>
          <Link href="/events" className="back">
            <Icon name="back" /> Events
          </Link>
          <h1>{event.data ? eventTypeName(event.data.event_type) : 'Event'}</h1>
          <p className="id-line">
            <code>{id}</code>
            <CopyButton text={id} label="Copy the event’s id" />
          </p>
        </div>
        {/* Shown while the event is loading too: on a narrow screen it moves what is below. */}
        {!event.error && event.data?.event_type !== 'test' && (
          <ResendEvent id={id} disabled={event.data === undefined} />
        )}
      </header>
      {event.error && !event.data ? (
        <Failed error={event.error} retry={() => void event.refetch()} />
      ) : event.data && !isPending ? (
        <Known event={event.data} />
      ) : (
        <LoadingBlock what="the event" tall />
      )}
    </>
  );
}

function Known({ event }: { readonly event: WebhookEvent }) {
  return (
    <>
      <dl className="facts card">
        <div>
          <dt>Happened</dt>
          <dd>
            <Time at={event.occurred_at} />
          </dd>
        </div>
        <div>
          <dt>Taken in</dt>
          <dd>
            <Time at={event.created_at} />
          </dd>
        </div>
      </dl>
      <h2 className="section-title">What became of it</h2>
      <Deliveries id={event.id} />
      <section className="card payload" aria-labelledby="payload">
        <h2 id="payload">Payload</h2>
        <Tabs
          label="Views of the payload"
          tabs={[
            {
              id: 'pretty',
              name: 'Pretty',
              content: <CodeBlock text={JSON.stringify(event.payload, null, 2)} label="the payload" />,
            },
            {
              id: 'raw',
              name: 'Raw',
              content: <CodeBlock text={JSON.stringify(event.payload)} label="the raw payload" />,
            },
          ]}
        />
      </section>
    </>
  );
}

function Deliveries({ id }: { readonly id: string }) {
  const deliveries = useEventDeliveries(id);
  const endpoints = useEndpoints();
  if (!deliveries.data) return <Failed error={deliveries.error} retry={() => void deliveries.refetch()} />;
  const { results, next } = deliveries.data;
  if (results.length === 0) return <Empty title="No endpoint was subscribed to it" />;
  return (
    <>
      <ul className="rows" aria-label="Deliveries of this event">
        {results.map((delivery) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            endpoint={endpointName(endpoints, delivery.endpoint_id)}
          />
        ))}
      </ul>
      {next !== null && (
        <p className="more">
          <Link href={`/deliveries?event_id=${id}`}>All deliveries of this event</Link>
        </p>
      )}
    </>
  );
}
