#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm) against Apache Kafka 4.4.0 (org.apache.kafka:kafka_2.13, Maven Central)
# Behaviour: with default settings, almost every transaction that follows another one of the same transactional id is
#            answered CONCURRENT_TRANSACTIONS and tried again only after kafkajs' first backoff of about 300 ms, although
#            the broker is done with the former transaction some milliseconds later.
# Why:       a broker acknowledges a commit before it has written the commit's markers.
# Expected:  transactions one after another take as long as their requests, some 10 ms each.
# Seen:      16 of 20 transactions refused at first, median 343 ms each; with retry.initialRetryTime 5: median 47 ms
# Needs:     node 20 or newer, npm, java 17 or newer, mvn; a free port 19394 and 19395 on the loopback.
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
controller.quorum.voters=1@127.0.0.1:19395
listeners=PLAINTEXT://127.0.0.1:19394,CONTROLLER://127.0.0.1:19395
advertised.listeners=PLAINTEXT://127.0.0.1:19394
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
cat > measure.cjs <<'JS'
const { Kafka, logLevel } = require('kafkajs');
const topic = 'one-after-another';
let refused = 0;
const logCreator = () => ({ log }) => {
  if (/^Response AddPartitionsToTxn/.test(log.message) && /concurrent/i.test(String(log.error))) refused += 1;
};
const client = (retry) =>
  new Kafka({ brokers: ['127.0.0.1:19394'], logLevel: logLevel.ERROR, logCreator, ...(retry ? { retry } : {}) });

async function medianOf(kafka, transactionalId) {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const took = [];
  for (let i = 0; i < 20; i += 1) {
    const began = performance.now();
    const transaction = await producer.transaction();
    const before = refused;
    await transaction.send({ topic, messages: [{ value: String(i) }] });
    // Of a transaction that is refused several times only the first refusal counts.
    refused = Math.min(refused, before + 1);
    await transaction.commit();
    took.push(performance.now() - began);
  }
  await producer.disconnect();
  return took.sort((a, b) => a - b)[10];
}

async function main() {
  const admin = client({ retries: 60, maxRetryTime: 1000 }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
  await admin.disconnect();
  const prompt = { initialRetryTime: 5, retries: 100 };
  // Once without counting: the first transaction of a broker makes its internal topic.
  await medianOf(client(prompt), 'warm-up');
  refused = 0;
  const usual = await medianOf(client(), 'usual');
  const times = refused;
  const short = await medianOf(client(prompt), 'prompt');
  console.log(
    `${times} of 20 transactions refused at first, median ${usual.toFixed(0)} ms each; with retry.initialRetryTime 5: median ${short.toFixed(0)} ms`,
  );
  process.exit(times >= 10 && usual > 200 && usual > 1.5 * short ? 0 : 1);
}
main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
timeout 120 node --no-warnings measure.cjs
