#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm), read against Apache Kafka 4.4.0 (org.apache.kafka:kafka_2.13, Maven Central)
# Behaviour: a consumer with readUncommitted: false hands on a record of an aborted transaction, if two aborted
#            transactions overlap in a partition and the one that began later was aborted first.
# Why:       a broker lists aborted transactions in the order in which they ended. The consumer of kafkajs takes the
#            list for ordered by first offsets and looks at its head only.
# Expected:  only "committed" is read. Kafka's own consumer reads just that.
# Seen:      read: first-begun-aborted-last, committed
# Needs:     node 20 or newer, npm, java 17 or newer, mvn; a free port 19392 and 19393 on the loopback.
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
controller.quorum.voters=1@127.0.0.1:19393
listeners=PLAINTEXT://127.0.0.1:19392,CONTROLLER://127.0.0.1:19393
advertised.listeners=PLAINTEXT://127.0.0.1:19392
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
cat > read.cjs <<'JS'
const { Kafka, logLevel } = require('kafkajs');
const topic = 'overlapping';
const kafka = new Kafka({ brokers: ['127.0.0.1:19392'], logLevel: logLevel.NOTHING, retry: { retries: 60, maxRetryTime: 1000 } });

async function main() {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
  await admin.disconnect();
  const producers = ['one', 'two'].map((transactionalId) =>
    kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 }),
  );
  for (const producer of producers) await producer.connect();
  const write = (transaction, value) => transaction.send({ topic, messages: [{ value }] });
  const first = await producers[0].transaction();
  await write(first, 'first-begun-aborted-last');
  const second = await producers[1].transaction();
  await write(second, 'second-begun-aborted-first');
  await second.abort();
  // A broker takes more from this producer once it has written the marker of the abort.
  const third = await producers[1].transaction();
  await write(third, 'committed');
  await first.abort();
  await third.commit();
  for (const producer of producers) await producer.disconnect();

  const consumer = kafka.consumer({ groupId: 'reader', readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const read = [];
  await new Promise((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        read.push(String(message.value));
        if (read.at(-1) === 'committed') resolve();
      },
    });
  });
  await consumer.disconnect();
  console.log(`read: ${read.join(', ')}`);
  process.exit(read.join() === 'first-begun-aborted-last,committed' ? 0 : 1);
}
main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
timeout 120 node --no-warnings read.cjs
