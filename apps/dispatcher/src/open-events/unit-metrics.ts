import { Histogram } from 'prom-client';

import { gauge } from '../gauge.js';
import type { Holdings } from './holdings.js';

/** The Prometheus metrics of the units of one instance. A process has one of these. */
export class UnitMetrics {
  private readonly takeovers = new Histogram({
    name: 'webhook_unit_takeover_seconds',
    help: 'How long this instance took to take units over: to fence their former owners and to read their ledgers',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
  });

  /** @param owned how many units the instance has. */
  constructor(holdings: Pick<Holdings, 'held' | 'heldBytes' | 'fullness'>, owned: () => number) {
    gauge('webhook_units_owned', 'Partition numbers whose events this instance delivers', owned);
    gauge(
      'webhook_open_deliveries',
      'Deliveries of events that this instance has matched and that have not ended',
      () => holdings.held,
    );
    gauge(
      'webhook_open_bytes',
      'Bytes that open events hold in memory: bodies, and results that are not written',
      () => holdings.heldBytes,
    );
    gauge(
      'webhook_open_room_used_ratio',
      'How much of the room for open events is used, by deliveries or bytes, whichever is more. From 1 on, no event is taken',
      () => holdings.fullness,
    );
  }

  /** Takes a unit over, and counts it if that succeeds. */
  async takeOver<T>(open: () => Promise<T>): Promise<T> {
    const end = this.takeovers.startTimer();
    const opened = await open();
    end();
    return opened;
  }
}
