#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm)
# Behaviour: a consumer of several topics names each of them again and again in every Fetch request. The partitions are shuffled one by one over all
#            topics, so that none starves, and only neighbours of one topic share an entry. For four topics of six partitions a request has some
#            nineteen entries with a topic's name in place of four, and the broker looks each up.
# Expected:  one entry for each topic, as the Java client writes it: it takes turns with partitions inside of the topics' entries.
# Seen:      entries for 4 topics of 6 partitions, in 200 requests: 14 to 23, 19 in the mean (the numbers vary)
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > entries.cjs <<'JS'
const Broker = require('kafkajs/src/broker');
const { lookup } = require('kafkajs/src/protocol/requests');

const sent = [];
const connectionPool = { send: async ({ request }) => void sent.push((await request.encode()).buffer) };
const broker = new Broker({ connectionPool, logger: { namespace: () => ({ debug() {} }) } });
broker.lookupRequest = lookup({ 1: { minVersion: 0, maxVersion: 11 } });
const topics = ['orders', 'payments', 'parcels', 'returns'].map((topic) => ({
  topic,
  partitions: Array.from({ length: 6 }, (_, partition) => ({ partition, fetchOffset: '0', maxBytes: 1024 })),
}));

(async () => {
  for (let i = 0; i < 200; i += 1) await broker.fetch({ topics });
  // Version 11 begins with replica, wait, two sizes, isolation level and session (25 bytes); then comes the number of entries.
  const entries = sent.map((bytes) => bytes.readInt32BE(25));
  const [least, most] = [Math.min(...entries), Math.max(...entries)];
  const mean = Math.round(entries.reduce((sum, each) => sum + each, 0) / entries.length);
  console.log(`entries for 4 topics of 6 partitions, in 200 requests: ${least} to ${most}, ${mean} in the mean`);
  process.exit(least > 4 && mean >= 15 ? 0 : 1);
})();
JS
timeout 60 node entries.cjs
