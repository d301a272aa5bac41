#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm) against Apache Kafka 4.4.0 (org.apache.kafka:kafka_2.13, Maven Central)
# Behaviour: a producer that names a partition which was added after it had read the topic's metadata drops the record
#            and resolves as if it were written. It notices nothing until its metadata are five minutes old.
# Why:       records are grouped by the leaders that the client knows; a partition without a known leader is in no group.
# Expected:  it reads the metadata anew and writes the record, or rejects, as other clients do.
# Seen:      send resolved with 0 acknowledgements and no error; partition 1 has 0 records; for a client with fresh metadata: 1
# Needs:     node 20 or newer, npm, java 17 or newer, mvn; a free port 19494 and 19495 on the loopback.
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
controller.quorum.voters=1@127.0.0.1:19495
listeners=PLAINTEXT://127.0.0.1:19494,CONTROLLER://127.0.0.1:19495
advertised.listeners=PLAINTEXT://127.0.0.1:19494
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
cat > send.cjs <<'JS'
const { Kafka, logLevel } = require('kafkajs');
const topic = 'that-grows';
const client = (settings) =>
  new Kafka({ brokers: ['127.0.0.1:19494'], logLevel: logLevel.NOTHING, retry: { retries: 60, maxRetryTime: 1000 }, ...settings });

async function main() {
  const admin = client().admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
  const producer = client().producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ partition: 0, value: 'before' }] });

  await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
  const recordsInNew = async () =>
    Number((await admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === 1)?.high ?? -1);
  while ((await recordsInNew()) < 0) await new Promise((resolve) => setTimeout(resolve, 100));

  const acknowledged = await producer.send({ topic, messages: [{ partition: 1, value: 'dropped' }] });
  const dropped = await recordsInNew();
  const fresh = client().producer();
  await fresh.connect();
  await fresh.send({ topic, messages: [{ partition: 1, value: 'written' }] });
  const written = await recordsInNew();
  console.log(
    `send resolved with ${acknowledged.length} acknowledgements and no error; partition 1 has ${dropped} records; for a client with fresh metadata: ${written}`,
  );
  await Promise.all([producer.disconnect(), fresh.disconnect(), admin.disconnect()]);
  process.exit(acknowledged.length === 0 && dropped === 0 && written === 1 ? 0 : 1);
}
main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
timeout 120 node --no-warnings send.cjs
