import { Gauge, register } from 'prom-client';

/** How far a consumer is behind the end of a topic, over its partitions. */
export interface TopicLag {
  readonly topic: string;
  /**
   * Records that are not processed. It is 0 when all are, even if a transaction marker follows the last
   * record.
   */
  readonly records: number;
  /**
   * Age of the oldest record that is not processed, including one that is retried or not read yet; 0 when
   * there is none.
   */
  readonly seconds: number;
  /** The longest time that a partition has made no progress although it should; 0 when all make progress. */
  readonly stuckSeconds: number;
}

/** A consumer that knows its lag. */
export interface LagSource {
  readonly groupId: string;
  lag(): Iterable<TopicLag>;
}

const sources = new Set<LagSource>();

/** Adds a consumer's lag to the metrics, until the returned function is called. */
export function reportLag(source: LagSource): () => void {
  sources.add(source);
  gauge(
    'webhook_consumer_lag_records',
    'Records of a topic that are not processed yet, over the partitions of this instance',
    ({ records }) => records,
  );
  gauge(
    'webhook_consumer_lag_seconds',
    'Age of the oldest record of a topic that is not processed yet, over the partitions of this instance',
    ({ seconds }) => seconds,
  );
  gauge(
    'webhook_kafka_partition_stuck_seconds',
    'Longest time that a partition of a topic has made no progress although it should; 0 if all make progress',
    ({ stuckSeconds }) => stuckSeconds,
  );
  return () => sources.delete(source);
}

function gauge(name: string, help: string, figure: (lag: TopicLag) => number): void {
  if (register.getSingleMetric(name)) return;
  new Gauge({
    name,
    help,
    labelNames: ['group', 'topic'] as const,
    collect() {
      this.reset();
      for (const source of sources) {
        for (const lag of source.lag()) this.set({ group: source.groupId, topic: lag.topic }, figure(lag));
      }
    },
  });
}
