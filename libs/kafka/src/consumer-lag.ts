import { Gauge, register } from 'prom-client';

/** How far a consumer is behind the end of a topic, over the partitions it has. */
export interface TopicLag {
  readonly topic: string;
  /** Records not done; 0 where everything is done, also behind the last marker of a transaction. */
  readonly records: number;
  /** Age of the oldest record not done, also of one that is tried again and again or not read yet; 0 when there is none. */
  readonly seconds: number;
  /** For how long the partition that is worst off has come no further although it should; 0 when all move. */
  readonly stuckSeconds: number;
}

/** A consumer that knows its lag. */
export interface LagSource {
  readonly groupId: string;
  lag(): Iterable<TopicLag>;
}

const sources = new Set<LagSource>();

/** Lets Prometheus hear of a consumer's lag, until the function that is returned is called. */
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
