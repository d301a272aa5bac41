import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

interface Progress {
  /** The age of the last applied record when it was applied, s. */
  lagAtLastBatch: number;
  /** While a batch is in progress: when the oldest record that may not be applied yet was written, ms. */
  waitingSince: number | null;
}

/** The Prometheus metrics of the projection. */
export class ProjectionMetrics {
  private readonly applied: Counter<'topic'>;
  private readonly skipped: Counter<'topic'>;
  private readonly duration: Histogram<'topic'>;
  private readonly progress = new Map<string, Progress & { topic: string }>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.applied = new Counter({
      name: 'webhook_projection_records_applied_total',
      help: 'Records applied to the database',
      labelNames: ['topic'],
      registers,
    });
    this.skipped = new Counter({
      name: 'webhook_projection_records_skipped_total',
      help: 'Records that were skipped because they do not match the schema of their topic; 0 unless something else writes to an internal topic',
      labelNames: ['topic'],
      registers,
    });
    this.duration = new Histogram({
      name: 'webhook_projection_batch_duration_seconds',
      help: 'Time from receiving a batch to its commit, retries included',
      labelNames: ['topic'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
      registers,
    });
    const { progress } = this;
    new Gauge({
      name: 'webhook_projection_lag_seconds',
      help: 'Age of the record that the projection has reached, for the partition of a topic that is furthest behind; grows while a batch cannot be applied',
      labelNames: ['topic'],
      registers,
      collect() {
        this.reset();
        const furthest = new Map<string, number>();
        for (const { topic, waitingSince, lagAtLastBatch } of progress.values()) {
          const lag = waitingSince === null ? lagAtLastBatch : ageSeconds(waitingSince);
          furthest.set(topic, Math.max(furthest.get(topic) ?? 0, lag));
        }
        for (const [topic, lag] of furthest) this.set({ topic }, lag);
      },
    });
  }

  /** A batch was received whose first record was written at `oldest`, ms since the epoch. */
  received(topic: string, partition: number, oldest: number): void {
    const key = `${topic}/${partition}`;
    const known = this.progress.get(key);
    if (known) known.waitingSince ??= oldest;
    else this.progress.set(key, { topic, lagAtLastBatch: 0, waitingSince: oldest });
  }

  /** Records up to one written at `newest` were committed. */
  committed(topic: string, partition: number, records: number, newest: number): void {
    this.applied.inc({ topic }, records);
    const known = this.progress.get(`${topic}/${partition}`);
    if (!known) return;
    known.lagAtLastBatch = ageSeconds(newest);
    known.waitingSince = newest;
  }

  /** All of a batch was committed, `seconds` after it was received. */
  finished(topic: string, partition: number, seconds: number): void {
    const known = this.progress.get(`${topic}/${partition}`);
    if (known) known.waitingSince = null;
    this.duration.observe({ topic }, seconds);
  }

  /** A record that could not be applied was skipped: nothing waits any more. */
  passed(topic: string, partition: number): void {
    const known = this.progress.get(`${topic}/${partition}`);
    if (known) known.waitingSince = null;
  }

  recordSkipped(topic: string): void {
    this.skipped.inc({ topic });
  }

  /** Another instance owns the partition now. */
  lost(topic: string, partition: number): void {
    this.progress.delete(`${topic}/${partition}`);
  }
}

function ageSeconds(writtenAt: number): number {
  return Math.max(0, Date.now() - writtenAt) / 1_000;
}
