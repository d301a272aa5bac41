import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';

import { useLive } from '../api/live.js';
import { useDelivery, useDeliveryRequest, useEndpoints, useRetry } from '../api/queries.js';
import type { Delivery, DeliveryRequest } from '../api/types.js';
import { endpointName } from '../endpoints/endpoint-name.js';
import { eventTypeName } from '../endpoints/event-type-names.js';
import { Button } from '../parts/button.js';
import { CopyButton } from '../parts/copy-button.js';
import { Countdown } from '../parts/countdown.js';
import { Icon } from '../parts/icon.js';
import { Empty, Failed, LoadingBlock } from '../parts/states.js';
import { StatusBadge } from '../parts/status-badge.js';
import { Time } from '../parts/time.js';
import { tellDone, tellFailed } from '../parts/toasts.js';
import { ResendDelivery } from '../resends/resend-delivery.js';
import { useTitle } from '../shell/use-title.js';
import { errorName } from './error-names.js';
import { type RequestKind, SentRequest } from './sent-request.js';
import { Timeline } from './timeline.js';

/** All details of one delivery. */
export function DeliveryPage({ id }: { readonly id: string }) {
  useTitle('Delivery');
  const { pollEveryMs } = useLive();
  const delivery = useDelivery(id, pollEveryMs);
  if (delivery.data) return <Known delivery={delivery.data} />;
  return (
    <>
      <Head id={id} title="Delivery" />
      {delivery.error ? (
        <Failed error={delivery.error} retry={() => void delivery.refetch()} />
      ) : (
        <div className="delivery-grid">
          <LoadingBlock what="the delivery" tall />
          <LoadingBlock what="what was sent" tall />
        </div>
      )}
    </>
  );
}

function Known({ delivery }: { readonly delivery: Delivery }) {
  const isFiltered = delivery.status === 'filtered';
  return (
    <>
      <Head
        id={delivery.id}
        title={
          <>
            {eventTypeName(delivery.event_type)} <StatusBadge status={delivery.status} />
          </>
        }
      >
        {delivery.status === 'success' ? (
          <ResendDelivery id={delivery.id} />
        ) : (
          !isFiltered && <RetryButton delivery={delivery} />
        )}
      </Head>
      <Facts delivery={delivery} />
      {isFiltered ? <NotMade /> : <Made delivery={delivery} />}
    </>
  );
}

/** What was sent of a delivery, and what came back. */
function Made({ delivery }: { readonly delivery: Delivery }) {
  const [shown, show] = useState<number | null>(null);
  const request = useDeliveryRequest(delivery.id, delivery.attempt_count, shown);
  return (
    <div className="delivery-grid">
      <section className="card" aria-labelledby="attempts">
        <h2 id="attempts">Attempts</h2>
        <Timeline delivery={delivery} shown={shown} show={show} />
      </section>
      <div className="stack">
        {request.data ? (
          <SentRequest request={request.data} kind={kindOf(delivery, request.data, shown)} />
        ) : request.error ? (
          <Failed error={request.error} retry={() => void request.refetch()} />
        ) : (
          <LoadingBlock what="what was sent" tall />
        )}
      </div>
    </div>
  );
}

function NotMade() {
  return (
    <Empty title="Nothing was sent">
      <p className="muted">The filter of the endpoint left this event out when it came.</p>
    </Empty>
  );
}

/** @param shown the number of the attempt whose request is asked for as it was sent. */
function kindOf({ attempts }: Delivery, request: DeliveryRequest, shown: number | null): RequestKind {
  if (shown === null || request.attempt !== shown) return 'now';
  const attempt = attempts.find(({ number }) => number === shown);
  return attempt?.timings_ms === null ? 'then, hardly recorded' : 'then';
}

/** The top of the page, also before the delivery is loaded. */
function Head({
  id,
  title,
  children,
}: {
  readonly id: string;
  readonly title: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <header className="page-head">
      <div>
        <Link href="/deliveries" className="back">
          <Icon name="back" /> Deliveries
        </Link>
        <h1>{title}</h1>
        <p className="id-line">
          <code>{id}</code>
          <CopyButton text={id} label="Copy the delivery’s id" />
        </p>
      </div>
      {children}
    </header>
  );
}

function RetryButton({ delivery: { id, status } }: { readonly delivery: Delivery }) {
  const retry = useRetry(id);
  const possible = status === 'failed' || status === 'retrying';
  return (
    <Button
      variant="primary"
      disabled={!possible}
      busy={retry.isPending}
      onClick={() =>
        retry.mutate(undefined, {
          onSuccess: () => tellDone('An attempt is being made'),
          onError: (error) => tellFailed('It is not retried', error),
        })
      }
    >
      <Icon name="retry" /> Retry now
    </Button>
  );
}

function Facts({ delivery }: { readonly delivery: Delivery }) {
  const endpoints = useEndpoints();
  const endpoint = endpointName(endpoints, delivery.endpoint_id);
  const facts: readonly [string, ReactNode][] = [
    [
      'Endpoint',
      <Link key="endpoint" href={`/endpoints/${delivery.endpoint_id}`} title={endpoint}>
        {endpoint}
      </Link>,
    ],
    [
      'Event',
      <Link key="event" href={`/events/${delivery.event_id}`}>
        {delivery.event_id.slice(0, 8)}…
      </Link>,
    ],
    ['Created', <Time key="created" at={delivery.created_at} />],
    [
      'Next retry',
      delivery.next_retry_at === null ? (
        '–'
      ) : (
        <span key="next">
          in <Countdown until={delivery.next_retry_at} />
        </span>
      ),
    ],
    ['Delivered', delivery.delivered_at === null ? '–' : <Time key="delivered" at={delivery.delivered_at} />],
    ['Last error', delivery.error === null ? '–' : errorName(delivery.error)],
  ];
  return (
    <dl className="facts card delivery-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
