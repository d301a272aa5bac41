import type { Attempt, DeliveryResult } from '@skillora/contracts';
import { Counter, Gauge, Histogram } from 'prom-client';

import type { Circuits } from '../circuit/circuits.js';
import { gauge } from '../gauge.js';
import type { LaneName } from '../lanes/lane-room.js';
import type { SlowLane } from '../lanes/slow-lane.js';
import type { QueuedWork } from '../queues/endpoint-queue.js';
import type { EndpointQueues } from '../queues/endpoint-queues.js';
import { FailingEndpoints } from './failing-endpoints.js';

/** The number of endpoints with figures of their own: only the worst ones have them. */
const WORST = 10;
/** The length of one counting window, ms. The figures cover the present window and the one before. */
const FAILURE_WINDOW_MS = 5 * 60_000;
/** The value of a label where there is no error. */
const NO_ERROR = 'none';

type QueueFigures = Pick<EndpointQueues<QueuedWork>, 'underWay' | 'slowUnderWay' | 'waiting' | 'longest'>;

/** The Prometheus metrics of the deliver stage. */
export class DeliverMetrics {
  private readonly failing = new FailingEndpoints(FAILURE_WINDOW_MS);
  private readonly attempts = new Counter({
    name: 'webhook_attempts_total',
    help: 'Attempts that ended, by outcome (success, failure, or shared: it took over the failure of another attempt) and error code',
    labelNames: ['outcome', 'error'] as const,
  });
  private readonly results = new Counter({
    name: 'webhook_delivery_results_total',
    help: 'Deliveries by the status they got (success, retrying or failed), with or without an attempt, and by error code',
    labelNames: ['status', 'error'] as const,
  });
  private readonly diverted = new Counter({
    name: 'webhook_slow_lane_deliveries_total',
    help: 'Deliveries that were moved to the end of the slow lane, by the lane they came from',
    labelNames: ['from'] as const,
  });
  private readonly repeats = new Counter({
    name: 'webhook_attempts_impossible_total',
    help: 'Deliveries that could not be attempted because of an internal fault and are tried again; 0 unless something is broken',
  });
  private readonly duration = new Histogram({
    name: 'webhook_attempt_duration_seconds',
    help: 'How long attempts took, by outcome',
    labelNames: ['outcome'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });

  constructor(queues: QueueFigures, circuits: Circuits, slowLane: SlowLane) {
    const { failing } = this;
    gauge('webhook_attempts_in_flight', 'Attempts in progress', () => queues.underWay);
    gauge('webhook_attempts_slow', 'Attempts in progress for more than a second', () => queues.slowUnderWay);
    gauge(
      'webhook_deliveries_queued',
      'Deliveries that wait in memory for their attempt',
      () => queues.waiting,
    );
    gauge(
      'webhook_circuits_open',
      'Endpoints that get no attempts for the moment, because no connection to them could be opened',
      () => circuits.open,
    );
    gauge(
      'webhook_slow_lane_endpoints',
      'Endpoints that are too slow, so that their deliveries wait in the slow lane',
      () => slowLane.size,
    );
    new Gauge({
      name: 'webhook_worst_endpoint_failures',
      help: `Attempts that failed within the last 5 to 10 minutes, for the ${WORST} endpoints with the most failures`,
      labelNames: ['endpoint'] as const,
      collect() {
        this.reset();
        for (const { endpointId, failures } of failing.worst(WORST, Date.now())) {
          this.set({ endpoint: endpointId }, failures);
        }
      },
    });
    new Gauge({
      name: 'webhook_worst_endpoint_queued_deliveries',
      help: `Deliveries that wait in memory, for the ${WORST} endpoints with the most of them`,
      labelNames: ['endpoint'] as const,
      collect() {
        this.reset();
        for (const { endpointId, waiting } of queues.longest(WORST))
          this.set({ endpoint: endpointId }, waiting);
      },
    });
  }

  /** Counts an attempt that was made and has ended. */
  attempted(endpointId: string, { error, durationMs }: Pick<Attempt, 'error' | 'durationMs'>): void {
    const outcome = error === null ? 'success' : 'failure';
    this.attempts.inc({ outcome, error: error ?? NO_ERROR });
    this.duration.observe({ outcome }, durationMs / 1_000);
    if (error !== null) this.failing.failed(endpointId, Date.now());
  }

  /** Counts a delivery that took over the failure of another attempt. */
  shared(endpointId: string, { error }: Pick<Attempt, 'error'>): void {
    this.attempts.inc({ outcome: 'shared', error: error ?? NO_ERROR });
    this.failing.failed(endpointId, Date.now());
  }

  /** Counts a delivery that could not be attempted because of a fault in our code. */
  impossible(): void {
    this.repeats.inc();
  }

  decided({ status, error }: Pick<DeliveryResult, 'status' | 'error'>): void {
    this.results.inc({ status, error: error ?? NO_ERROR });
  }

  toSlowLane(from: LaneName): void {
    this.diverted.inc({ from });
  }
}
