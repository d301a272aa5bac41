#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm) against Apache Kafka 4.4.0 (org.apache.kafka:kafka_2.13, Maven Central)
# Behaviour: `consumer.disconnect()` that is called while the consumer joins its group resolves, and the consumer joins all
#            the same a moment later. It stays a member with partitions, connected again and heartbeating, until the process
#            ends. Nobody else gets its partitions, and nothing is left in hand that could end it.
# Why:       `run()` keeps its runner only once joining is over; `disconnect()` stops the runner that it knows, which is none.
# Expected:  after `disconnect()` has resolved, the consumer is no member, or ceases to be one within its session timeout.
# Seen:      15 s after disconnect(), with a session timeout of 6 s: group Stable, 1 member
# Needs:     node 20 or newer, npm, java 17 or newer, mvn; a free port 19396 and 19397 on the loopback.
set -euo pipefail
tmp=$(mktemp -d)
broker=
clean() {
  if [ -n "$broker" ]; then kill "$broker" 2>/dev/null || true; wait "$broker" 2>/dev/null || true; fi
  rm -rf "$tmp"
}
trap clean EXIT
cd "$tmp"

cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B "-Dmaven.repo.local=$tmp/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$tmp/jars" >/dev/null
cat > server.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:19397
listeners=PLAINTEXT://127.0.0.1:19396,CONTROLLER://127.0.0.1:19397
advertised.listeners=PLAINTEXT://127.0.0.1:19396
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$tmp/log
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
PROPERTIES
java -cp "jars/*" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c server.properties >/dev/null 2>&1
java -Xmx512m -cp "jars/*" kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!

npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > join.cjs <<'JS'
const { setTimeout: delay } = require('node:timers/promises');
const { Kafka, logLevel } = require('kafkajs');

const topic = 'orders';
const kafka = new Kafka({ brokers: ['127.0.0.1:19396'], logLevel: logLevel.NOTHING, retry: { retries: 30 } });

async function consumerOf(groupId) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic });
  return consumer;
}

async function main() {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
  // The first group of a broker makes its internal topic, which takes a while.
  const first = await consumerOf('first');
  const joined = new Promise((resolve) => first.on(first.events.GROUP_JOIN, resolve));
  await first.run({ eachMessage: async () => {} });
  await joined;
  await first.disconnect();

  const consumer = await consumerOf('second');
  consumer.run({ eachMessage: async () => {} }).catch(() => {});
  // A broker lets a new group wait 3 s for more members.
  await delay(1000);
  await consumer.disconnect();
  await delay(15000);
  const {
    groups: [group],
  } = await admin.describeGroups(['second']);
  const { length } = group.members;
  console.log(
    `15 s after disconnect(), with a session timeout of 6 s: group ${group.state}, ${length} member${length === 1 ? '' : 's'}`,
  );
  process.exit(group.state === 'Stable' && length === 1 ? 0 : 1);
}
main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
timeout 120 node --no-warnings join.cjs
