/** The SASL mechanism of the secured listener. */
export const SASL_MECHANISM = 'SCRAM-SHA-512';

/** The settings in which one embedded broker differs from another. */
export interface BrokerPlace {
  readonly port: number;
  readonly controllerPort: number;
  /** Where the log segments live. */
  readonly logDir: string;
  /** A second listener with TLS and passwords, beside the plain one. */
  readonly secured?: SecuredDoor | undefined;
}

/** A listener with TLS and passwords. */
export interface SecuredDoor {
  readonly port: number;
  readonly keystore: string;
  /** True when users may do only what ACLs allow them. */
  readonly authorises: boolean;
}

/** The addresses of one node of a cluster. */
export interface ClusterNodePlace {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** The listeners of a combined broker and controller, which only this machine can reach. */
function listenerProperties({
  port,
  controllerPort,
  secured,
}: Pick<BrokerPlace, 'port' | 'controllerPort' | 'secured'>): Record<string, string> {
  const clients = [
    `PLAINTEXT://127.0.0.1:${port}`,
    ...(secured ? [`SASL_SSL://127.0.0.1:${secured.port}`] : []),
  ];
  return {
    listeners: [...clients, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': clients.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
  };
}

/** The replication factor, the minimum number of in-sync replicas, and the partitions of internal topics. */
function replication(replicas: number, inSync: number, partitions: number): Record<string, number> {
  return {
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': partitions,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': partitions,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': partitions,
  };
}

/** The default of 128 MB would be a quarter of the heap. */
const SMALL_CLEANER = { 'log.cleaner.dedupe.buffer.size': 16 * 1_048_576 };

/** Nobody may do anything without an ACL, except the broker itself and clients of the plain listener. */
const ACLS = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
};

/**
 * `server.properties` of one combined broker and controller (KRaft) that only this machine can reach. It has
 * one replica of everything and small internal topics, so that it starts quickly.
 */
export function serverProperties(place: BrokerPlace): string {
  const { secured } = place;
  return written({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${place.controllerPort}`,
    ...listenerProperties(place),
    'log.dirs': place.logDir,
    'auto.create.topics.enable': false,
    ...replication(1, 1, 5),
    'group.initial.rebalance.delay.ms': 0,
    // After kill -9 the controller accepts the restarted broker only when the session of the former process
    // has expired.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...SMALL_CLEANER,
    ...(secured
      ? {
          'sasl.enabled.mechanisms': SASL_MECHANISM,
          'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
            'org.apache.kafka.common.security.scram.ScramLoginModule required;',
          'listener.name.sasl_ssl.ssl.keystore.type': 'PEM',
          'listener.name.sasl_ssl.ssl.keystore.location': secured.keystore,
        }
      : {}),
    ...(secured?.authorises ? ACLS : {}),
  });
}

/**
 * `server.properties` of one node of a cluster in which every node is broker and controller (KRaft). There
 * are three replicas of everything, two in sync. Kafka's defaults apply to sessions, elections and
 * rebalances.
 */
export function clusterProperties(
  place: ClusterNodePlace,
  nodes: readonly ClusterNodePlace[],
  logDir: string,
): string {
  return written({
    'process.roles': 'broker,controller',
    'node.id': place.id,
    'controller.quorum.voters': nodes
      .map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      .join(','),
    ...listenerProperties(place),
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    ...replication(nodes.length, 2, 2 * nodes.length),
    ...SMALL_CLEANER,
  });
}

function written(properties: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/**
 * A log4j2 configuration. Warnings, and the server's messages about its start and end, go to one rolling
 * file. Errors also go, in short form, to the console, where a failed start is diagnosed.
 */
export function log4jConfiguration(file: string): string {
  const path = file.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
  return `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <RollingFile name="file" fileName="${path}" filePattern="${path}.%i">
      <PatternLayout pattern="%d{ISO8601} %p %c{1} %m%n"/>
      <Policies><SizeBasedTriggeringPolicy size="10MB"/></Policies>
      <DefaultRolloverStrategy max="2"/>
    </RollingFile>
    <Console name="console" target="SYSTEM_ERR">
      <ThresholdFilter level="ERROR"/>
      <PatternLayout pattern="%p %c{1} %m %ex{short.message}%n"/>
    </Console>
  </Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
    <Root level="WARN"><AppenderRef ref="file"/><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
`;
}

/** JVM options of a small broker: it starts fast and stays small, with somewhat less throughput. */
export const jvmOptions = (heapMb: number): readonly string[] => [
  `-Xms${Math.floor(heapMb / 2)}m`,
  `-Xmx${heapMb}m`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.awt.headless=true',
  // Standard output is left to the JVM itself.
  '-Xlog:disable',
  '-Xlog:all=error:stderr',
];
