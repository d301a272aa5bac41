#!/usr/bin/env bash
# Package:   Apache Kafka 4.4.0 (org.apache.kafka:kafka_2.13, Maven Central), asked by kafkajs 2.2.4 (npm)
# Behaviour: the leader of a partition asks the coordinator of a transaction before it takes the first record (KIP-890).
#            When that coordinator stands still (here: SIGSTOP), the leader waits for more than its request.timeout.ms
#            (30 s), although after 9 s the cluster has a new coordinator. Then it says that replicas are missing, of which
#            none is. The same write again, meanwhile, is answered at once.
# Expected:  a write waits as long as the cluster needs for a new coordinator, as it does when the coordinator dies.
# Seen:      new coordinator after 9 s; the same write again: answered after 0.1 s; the first write: NOT_ENOUGH_REPLICAS after 40 s
# Needs:     node 20 or newer, npm, java 17 or newer, mvn; free ports 19396 to 19398 on the loopback; four minutes.
set -euo pipefail
tmp=$(mktemp -d)
brokers=()
clean() {
  for broker in "${brokers[@]}"; do
    kill -CONT "$broker" 2>/dev/null || true
    kill -KILL "$broker" 2>/dev/null || true
    wait "$broker" 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap clean EXIT
cd "$tmp"

cat > pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId><artifactId>brokers</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.4.0</version></dependency>
  </dependencies>
</project>
POM
mvn -q -B "-Dmaven.repo.local=$tmp/repository" \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$tmp/jars" >/dev/null

# Node 1 is broker and controller, node 2 a broker.
start() {
  local id=$1 roles=$2 port=$3 listeners=$4
  cat > "server-$id.properties" <<PROPERTIES
process.roles=$roles
node.id=$id
controller.quorum.voters=1@127.0.0.1:19398
listeners=$listeners
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$tmp/log-$id
offsets.topic.replication.factor=2
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=2
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
PROPERTIES
  java -cp "jars/*" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "server-$id.properties" >/dev/null 2>&1
  java -Xmx512m -cp "jars/*" kafka.Kafka "server-$id.properties" >"broker-$id.log" 2>&1 &
  brokers+=($!)
}
start 1 broker,controller 19396 'PLAINTEXT://127.0.0.1:19396,CONTROLLER://127.0.0.1:19398'
start 2 broker 19397 'PLAINTEXT://127.0.0.1:19397'

npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > measure.cjs <<'JS'
const { connect } = require('node:net');
const { Kafka, logLevel } = require('kafkajs');
const Broker = require('kafkajs/src/broker');
const ConnectionPool = require('kafkajs/src/network/connectionPool');
const createSocketFactory = require('kafkajs/src/network/socketFactory');
const silent = Number(process.argv[2]);
const topic = 'led-by-the-first';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (ms) => (ms / 1000).toFixed(ms < 5000 ? 1 : 0);
const client = (brokers, requestTimeout = 90_000, retries = 60) =>
  new Kafka({ brokers, logLevel: logLevel.NOTHING, requestTimeout, retry: { retries, maxRetryTime: 500 } });

async function untilItListens(port) {
  const listens = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy())).on('error', () => resolve(null));
    });
  while (!(await listens())) await sleep(200);
}

/** Which broker coordinates transactions of which partition of the internal topic. */
async function coordinators(admin) {
  const { topics } = await admin.fetchTopicMetadata({ topics: ['__transaction_state'] });
  return new Map(topics[0].partitions.map(({ partitionId, leader }) => [partitionId, leader]));
}

/** The partition of a transactional id, as Java hashes it. */
function partitionOf(id) {
  let hash = 0;
  for (const letter of id) hash = (Math.imul(31, hash) + letter.charCodeAt(0)) | 0;
  return (hash & 0x7fffffff) % 2;
}

async function main() {
  const both = client(['127.0.0.1:19396', '127.0.0.1:19397']);
  const admin = client(['127.0.0.1:19396']).admin();
  await admin.connect();
  await untilItListens(19397);
  while ((await admin.describeCluster()).brokers.length < 2) await sleep(200);
  await admin.createTopics({ topics: [{ topic, replicaAssignment: [{ partition: 0, replicas: [1] }] }] });
  // The first transaction makes the internal topic, whose two partitions have a leader each.
  const warmUp = both.producer({ transactionalId: 'warm-up', idempotent: true, maxInFlightRequests: 1 });
  await warmUp.connect();
  const warm = await warmUp.transaction();
  await warm.send({ topic, messages: [{ value: 'warm-up' }] });
  await warm.commit();
  await warmUp.disconnect();
  const led = await coordinators(admin);
  const [partition] = [...led].find(([, leader]) => leader === 2);
  const transactionalId = Array.from({ length: 20 }, (_, i) => `id-${i}`).find((id) => partitionOf(id) === partition);

  const producer = both.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  // The coordinator stands still once it has taken the partition into the transaction, before the leader asks it.
  const { addPartitionsToTxn, produce } = Broker.prototype;
  let write = null;
  Broker.prototype.addPartitionsToTxn = async function (request) {
    const answer = await addPartitionsToTxn.call(this, request);
    process.kill(silent, 'SIGSTOP');
    return answer;
  };
  const began = Date.now();
  const first = new Promise((resolve) => {
    Broker.prototype.produce = function (request) {
      write ??= request;
      const answer = produce.call(this, request);
      const said = (outcome) => resolve({ outcome, waited: Date.now() - began });
      answer.then(() => said('answered'), (error) => said(error.type ?? error.name));
      return answer;
    };
  });
  transaction.send({ topic, messages: [{ value: 'waits' }] }).catch(() => undefined);
  const watching = client(['127.0.0.1:19396'], 1000, 0).admin();
  await watching.connect();
  // kafkajs asks any broker, also the silent one.
  const coordinator = () => coordinators(watching).then((now) => now.get(partition), () => null);
  while ((await coordinator()) !== 1) await sleep(200);
  const elected = Date.now() - began;
  await sleep(1000);

  // The same bytes over another connection.
  const quiet = { debug() {}, error() {}, info() {}, warn() {} };
  const logger = { ...quiet, namespace: () => quiet };
  const connectionPool = new ConnectionPool({
    ...{ host: '127.0.0.1', port: 19396, clientId: 'again', connectionTimeout: 5000, requestTimeout: 60_000 },
    ...{ socketFactory: createSocketFactory(), logger },
  });
  const again = new Broker({ connectionPool, logger, nodeId: 1, allowAutoTopicCreation: false });
  await again.connect();
  const asked = Date.now();
  const outcome = await produce.call(again, write).then(() => 'answered', (error) => error.type);
  const second = Date.now() - asked;
  const { outcome: refusal, waited } = await first;
  console.log(
    `new coordinator after ${seconds(elected)} s; the same write again: ${outcome} after ${seconds(second)} s; the first write: ${refusal} after ${seconds(waited)} s`,
  );
  const asSeen = elected < 20_000 && outcome === 'answered' && second < 5_000 && waited > 25_000;
  process.exit(asSeen ? 0 : 1);
}
main().catch((error) => {
  console.error(error);
  process.exit(2);
});
JS
timeout 150 node --no-warnings measure.cjs "${brokers[1]}"
