#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm) against Apache Kafka 4.4.0 (org.apache.kafka:kafka_2.13, Maven Central)
# Behaviour: every connection that has had one answer sets a timer of a millisecond again and again, as long as it
#            lives, to look for requests that wait to be sent, although none waits. One idle client with a few
#            connections keeps its process awake. Node 24 also warns of negative times.
# Why:       the time of the next look is computed from the end of a throttling. Without one that end is -1, so the
#            time lies in the past (kafkajs #1556, #1704 and #1751, open).
# Expected:  a connection at rest sets no timer.
# Seen:      one idle admin client: 841 timers a second, 5.3 % of a core (two busy cores)
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
cat > measure.cjs <<'JS'
const { Kafka, logLevel } = require('kafkajs');
const { setTimeout: pause } = require('node:timers/promises');

async function main() {
  const kafka = new Kafka({ brokers: ['127.0.0.1:19396'], logLevel: logLevel.NOTHING, retry: { retries: 30 } });
  const admin = kafka.admin();
  await admin.connect();
  await admin.listTopics();
  // Whatever belongs to the answer is over after a while.
  await pause(1000);
  const original = globalThis.setTimeout;
  let timers = 0;
  globalThis.setTimeout = (...given) => {
    timers += 1;
    return original(...given);
  };
  const begin = process.cpuUsage();
  await pause(5000);
  const { user, system } = process.cpuUsage(begin);
  globalThis.setTimeout = original;
  await admin.disconnect();
  console.log(`one idle admin client: ${Math.round(timers / 5)} timers a second, ${((user + system) / 50000).toFixed(1)} % of a core`);
  process.exit(timers > 250 ? 0 : 1);
}
main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
timeout 120 node --no-warnings measure.cjs
