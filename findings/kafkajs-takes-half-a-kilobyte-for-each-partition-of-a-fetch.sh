#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm)
# Behaviour: encoding a request takes 512 zeroed bytes of new memory for each topic, partition, record and header in it,
#            whatever their size: a partition of a fetch needs 28. Every consumer sends a fetch after each answer.
# Why:       every part has an encoder of its own, whose constructor calls Buffer.alloc(512). Buffer.alloc never uses
#            Node's pool.
# Expected:  one buffer for a request, or memory of the pool.
# Seen:      fetch of 24 partitions: 750 bytes to send, 18944 taken in 34 pieces outside the pool
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > encode.cjs <<'JS'
const encode = require('kafkajs/src/protocol/request');
const fetchOf = require('kafkajs/src/protocol/requests/fetch/v11/request');

const partitions = [0, 1, 2, 3, 4, 5].map((partition) => ({ partition, fetchOffset: '123456', maxBytes: 1048576 }));
const topics = ['a', 'b', 'c', 'd'].map((topic) => ({ topic, partitions }));
const request = fetchOf({ replicaId: -1, maxWaitTime: 250, minBytes: 1, maxBytes: 1048576, topics });

let pieces = 0;
let bytes = 0;
const alloc = Buffer.alloc;
Buffer.alloc = (size, ...rest) => {
  pieces += 1;
  bytes += size;
  return alloc(size, ...rest);
};
encode({ correlationId: 1, clientId: 'c', request }).then(({ buffer }) => {
  console.log(`fetch of 24 partitions: ${buffer.length} bytes to send, ${bytes} taken in ${pieces} pieces outside the pool`);
  process.exit(pieces > 24 && bytes > 24 * 512 ? 0 : 1);
});
JS
timeout 60 node encode.cjs
