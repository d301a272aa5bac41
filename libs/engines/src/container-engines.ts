import { KafkaContainer } from '@testcontainers/kafka';
import { PostgreSqlContainer } from '@testcontainers/postgresql';

/** Confluent Platform 8.1 is Apache Kafka 4.1. */
const KAFKA_IMAGE = 'confluentinc/cp-kafka:8.1.0';
const POSTGRES_IMAGE = 'postgres:18-alpine';
const KAFKA_CLIENT_PORT = 9093;

/**
 * A broker and a database in containers. Testcontainers removes them, at the latest after this process has
 * ended.
 */
export async function startContainerEngines(): Promise<{
  brokers: string[];
  databaseUrl: string;
  description: string;
  stop(): Promise<void>;
}> {
  const starting = await Promise.allSettled([
    new KafkaContainer(KAFKA_IMAGE)
      .withKraft()
      .withEnvironment({
        KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '5',
        KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '5',
      })
      .start(),
    new PostgreSqlContainer(POSTGRES_IMAGE)
      .withCommand(['postgres', '-c', 'max_connections=200', '-c', 'fsync=off'])
      .start(),
  ]);
  const [kafka, postgres] = starting;
  const stop = async (): Promise<void> => {
    await Promise.all(
      starting.map((part) => (part.status === 'fulfilled' ? part.value.stop() : Promise.resolve())),
    );
  };
  if (kafka.status === 'rejected' || postgres.status === 'rejected') {
    await stop();
    throw [kafka, postgres].find((part) => part.status === 'rejected')?.reason;
  }
  return {
    brokers: [`${kafka.value.getHost()}:${kafka.value.getMappedPort(KAFKA_CLIENT_PORT)}`],
    databaseUrl: postgres.value.getConnectionUri(),
    description: `containers ${KAFKA_IMAGE} and ${POSTGRES_IMAGE}`,
    stop,
  };
}
