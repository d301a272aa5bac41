import { useMemo } from 'react';
import { Link } from 'wouter';

import { useEndpoints, useStatistics } from '../api/queries.js';
import { LiveBadge } from '../deliveries/live-badge.js';
import { endpointName } from '../endpoints/endpoint-name.js';
import { HealthBars } from '../endpoints/health-bars.js';
import { count, duration, share } from '../parts/format.js';
import { Empty, Failed, LoadingBlock } from '../parts/states.js';
import { useTitle } from '../shell/use-title.js';
import { ChartCard } from './chart-card.js';
import { durationsOverTime, outcomesOverTime } from './chart-data.js';

const OUTCOMES = [
  { name: 'Failed', color: '--failed' },
  { name: 'To be retried', color: '--retrying' },
  { name: 'Delivered', color: '--success' },
] as const;
const DURATIONS = [
  { name: 'p50', color: '--accent' },
  { name: 'p95', color: '--accent-2' },
] as const;
const wholeNumber = (value: number) => (Number.isInteger(value) ? count(value) : '');

/** The present state of deliveries, and the endpoints with failures. */
export function OverviewPage() {
  useTitle('Overview');
  const hour = useStatistics('interval=minute', 15_000);
  const day = useStatistics('interval=hour&group_by=endpoint', 30_000);
  const failed = [hour, day].find(({ error, data }) => error && !data);

  return (
    <>
      <header className="page-head">
        <div>
          <h1>Overview</h1>
          <p className="muted">The last hour by minute, the last day by endpoint.</p>
        </div>
        <LiveBadge />
      </header>
      {failed ? (
        <Failed
          error={failed.error}
          retry={() => {
            void hour.refetch();
            void day.refetch();
          }}
        />
      ) : (
        <>
          <Figures day={day.data?.total} />
          <Charts buckets={hour.data?.buckets} />
          <h2 className="section-title">Endpoints by failures, last 24 hours</h2>
          <EndpointRanking statistics={day.data} />
        </>
      )}
    </>
  );
}

type Statistics = NonNullable<ReturnType<typeof useStatistics>['data']>;

function Figures({ day }: { readonly day: Statistics['total'] | undefined }) {
  const figures = [
    { name: 'Attempts, 24 h', value: day && count(day.attempts) },
    { name: 'Success rate', value: day && share(day.success, day.attempts) },
    { name: 'Failed for good', value: day && count(day.failed), tone: day && day.failed > 0 ? 'bad' : '' },
    { name: 'p50 duration', value: day && duration(day.duration_p50_ms) },
    { name: 'p95 duration', value: day && duration(day.duration_p95_ms) },
  ];
  return (
    <dl className="figures-row">
      {figures.map(({ name, value, tone = '' }) => (
        <div key={name} className="card figure">
          <dt>{name}</dt>
          <dd className={tone}>{value ?? <span className="skeleton figure-skeleton" />}</dd>
        </div>
      ))}
    </dl>
  );
}

function Charts({ buckets }: { readonly buckets: Statistics['buckets'] | undefined }) {
  const outcomes = useMemo(() => outcomesOverTime(buckets ?? []), [buckets]);
  const durations = useMemo(() => durationsOverTime(buckets ?? []), [buckets]);
  const sum = (of: (bucket: Statistics['buckets'][number]) => number) =>
    count((buckets ?? []).reduce((total, bucket) => total + of(bucket), 0));
  return (
    <div className="charts">
      <ChartCard
        title="Attempts per minute"
        buckets={buckets}
        data={outcomes}
        series={OUTCOMES}
        bars
        unit={wholeNumber}
        label={`Attempts per minute over the last hour: ${sum((each) => each.success)} delivered, ${sum((each) => each.retrying)} to be retried, ${sum((each) => each.failed)} failed.`}
      />
      <ChartCard
        title="Duration of attempts"
        buckets={buckets}
        data={durations}
        series={DURATIONS}
        bars={false}
        unit={duration}
        label="Duration of attempts per minute over the last hour, p50 and p95. The table below shows the figures."
      />
    </div>
  );
}

function EndpointRanking({ statistics }: { readonly statistics: Statistics | undefined }) {
  const endpoints = useEndpoints();
  if (!statistics) return <LoadingBlock what="the endpoints" />;
  const ranked = statistics.endpoints ?? [];
  if (ranked.length === 0) {
    return (
      <Empty title="Nothing was sent in the last 24 hours">
        <p className="muted">
          When an interview ends, the webhooks to your <Link href="/endpoints">endpoints</Link> appear here.
        </p>
      </Empty>
    );
  }
  const known = new Map(endpoints.data?.map((endpoint) => [endpoint.id, endpoint]));
  return (
    <ul className="rows">
      {ranked.map((each) => {
        const endpoint = known.get(each.endpoint_id);
        return (
          <li key={each.endpoint_id}>
            <Link href={`/deliveries?endpoint_id=${each.endpoint_id}`} className="row ranking-row">
              <span className="row-main">
                {endpointName(endpoints, each.endpoint_id)}
                {endpoint?.description && <small className="muted">{endpoint.description}</small>}
              </span>
              <HealthBars since={statistics.since} hours={statistics.buckets.length} buckets={each.buckets} />
              <span className="row-figure">
                <b>{share(each.success, each.attempts)}</b> <small>success</small>
              </span>
              <span className={`row-figure ${each.failed > 0 ? 'bad' : ''}`}>
                <b>{count(each.failed)}</b> <small>failed</small>
              </span>
              <span className="row-figure">
                <b>{duration(each.duration_p95_ms)}</b> <small>p95</small>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
