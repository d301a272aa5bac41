import { Counter, register } from 'prom-client';

/**
 * A counter of the process, created when it is first needed: clients exist before the registry of their
 * service.
 */
function counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
  const known = register.getSingleMetric(name) as Counter<L> | undefined;
  return known ?? new Counter<L>({ name, help, labelNames });
}

const crashes = (): Counter<'group'> =>
  counter('webhook_kafka_consumer_crashes_total', 'Consumers that ended with an error, by group', ['group']);
const replacements = (): Counter<'group'> =>
  counter(
    'webhook_kafka_consumer_replacements_total',
    'Consumers that were replaced after they ended or stopped answering',
    ['group'],
  );
const joins = (): Counter<'group'> =>
  counter(
    'webhook_kafka_group_joins_total',
    'How often this instance joined its consumer group: once at the start and once in each rebalance',
    ['group'],
  );
const batchFailures = (): Counter<'group' | 'topic'> =>
  counter(
    'webhook_kafka_batch_failures_total',
    'Batches that could not be handled and are tried again, by group and topic',
    ['group', 'topic'],
  );
const unhandled = (): Counter<'group' | 'topic'> =>
  counter(
    'webhook_kafka_records_unhandled_total',
    'Records that an internal fault put on a dead-letter topic after several tries, by group and topic',
    ['group', 'topic'],
  );
const deletedUnread = (): Counter<'group' | 'topic'> =>
  counter(
    'webhook_kafka_deleted_unread_total',
    'Offsets of a topic that were deleted before a group had read them; transaction markers count too',
    ['group', 'topic'],
  );
const connections = (): Counter<'client'> =>
  counter('webhook_kafka_connections_opened_total', 'Connections to brokers that were opened, by client', [
    'client',
  ]);
const connectionFailures = (): Counter<'client'> =>
  counter(
    'webhook_kafka_connection_failures_total',
    'Connections to brokers that could not be opened or broke, by client',
    ['client'],
  );

/**
 * The Prometheus metrics of kafkajs. The code names all groups, topics and clients, so the labels are
 * bounded.
 */
export const KafkaMetrics = {
  /** A consumer starts: its counters begin at 0, so that the first increment is visible. */
  consumerStarts(group: string, topics: readonly string[]): void {
    for (const each of [crashes(), replacements(), joins()]) each.inc({ group }, 0);
    for (const topic of topics) {
      batchFailures().inc({ group, topic }, 0);
      unhandled().inc({ group, topic }, 0);
      deletedUnread().inc({ group, topic }, 0);
    }
  },
  consumerCrashed(group: string): void {
    crashes().inc({ group });
  },
  consumerReplaced(group: string): void {
    replacements().inc({ group });
  },
  groupJoined(group: string): void {
    joins().inc({ group });
  },
  batchFailed(group: string, topic: string): void {
    batchFailures().inc({ group, topic });
  },
  recordUnhandled(group: string, topic: string): void {
    unhandled().inc({ group, topic });
  },
  deletedUnread(group: string, topic: string, offsets: number): void {
    deletedUnread().inc({ group, topic }, offsets);
  },
  connectionOpened(client: string): void {
    connections().inc({ client });
    connectionFailures().inc({ client }, 0);
  },
  connectionFailed(client: string): void {
    connectionFailures().inc({ client });
  },
};
