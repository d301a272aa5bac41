import { lazy, Suspense, useId } from 'react';

import type { Bucket } from '../api/types.js';
import { count, duration, shortTime } from '../parts/format.js';
import { LoadingBlock } from '../parts/states.js';
import type { ChartProps } from './chart.js';

/** The chart library is loaded after the page is visible. */
const Chart = lazy(() => import('./chart.js'));

/**
 * A chart with its legend, and its figures as a table. The card keeps its height while the data is being
 * loaded.
 */
export function ChartCard({
  title,
  buckets,
  ...chart
}: ChartProps & { readonly title: string; readonly buckets: readonly Bucket[] | undefined }) {
  const id = useId();
  const shown = (buckets ?? []).filter(({ attempts }) => attempts > 0);
  const now = Date.now();
  return (
    <section className="card" aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        <ul className="legend">
          {[...chart.series].reverse().map(({ name, color }) => (
            <li key={name} className={`legend-item ${color.replace('--', 'mark-')}`}>
              {name}
            </li>
          ))}
        </ul>
      </header>
      <div className="chart-place">
        {buckets ? (
          <Suspense fallback={null}>
            <Chart {...chart} />
          </Suspense>
        ) : (
          <LoadingBlock what={`the chart “${title}”`} />
        )}
      </div>
      <details className="figures">
        <summary>Show the figures</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={`${title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Minute</th>
                <th scope="col">Delivered</th>
                <th scope="col">To be retried</th>
                <th scope="col">Failed</th>
                <th scope="col">p50</th>
                <th scope="col">p95</th>
              </tr>
            </thead>
            <tbody>
              {[...shown].reverse().map((bucket) => (
                <tr key={bucket.start}>
                  <th scope="row">{shortTime(bucket.start, now).slice(0, -3)}</th>
                  <td>{count(bucket.success)}</td>
                  <td>{count(bucket.retrying)}</td>
                  <td>{count(bucket.failed)}</td>
                  <td>{duration(bucket.duration_p50_ms)}</td>
                  <td>{duration(bucket.duration_p95_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
