import { Gauge, register } from 'prom-client';

/** How far a consumer is behind the end of a topic, over the partitions it has. */
export interface TopicLag {
  readonly topic: string;
  /** Records not done. Markers of transactions count, so a few remain where everything is done. */
  readonly records: number;
  /** Age of the oldest record that is taken and not done; 0 when there is none. */
  readonly seconds: number;
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
    'Records of a topic that are not done, over the partitions of this copy; markers of transactions count',
    ({ records }) => records,
  );
  gauge(
    'webhook_consumer_lag_seconds',
    'Age of the oldest record of a topic that was taken and is not done, over the partitions of this copy',
    ({ seconds }) => seconds,
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
