#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm)
# Behaviour: a record header whose value is null cannot be written: the producer throws a TypeError while it encodes the
#            record. kafkajs itself reads such headers, as null, so what a consumer received cannot be passed on as it is.
# Expected:  Kafka's record format has null for a header's value (length -1), and the Java client writes and reads it.
# Seen:      read: null; written again: TypeError
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > headers.cjs <<'JS'
const Encoder = require('kafkajs/src/protocol/encoder');
const Decoder = require('kafkajs/src/protocol/decoder');
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0');
const decodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder');

// A record as the Java client writes it: attributes, time, offset, key, value, and one header "trace" of length -1.
const body = new Encoder()
  .writeInt8(0)
  .writeVarLong(0)
  .writeVarInt(0)
  .writeVarIntBytes(null)
  .writeVarIntBytes(Buffer.from('value'))
  .writeVarInt(1)
  .writeVarIntBytes(Buffer.from('trace'))
  .writeVarInt(-1).buffer;
const { headers, value } = decodeRecord(new Decoder(body), { firstOffset: 0, firstTimestamp: 0 });
const read = String(headers.trace);
let written;
try {
  encodeRecord({ offsetDelta: 0, timestampDelta: 0, key: null, value, headers });
  written = 'works';
} catch (error) {
  written = error.name;
}
console.log(`read: ${read}; written again: ${written}`);
process.exit(read === 'null' && written === 'TypeError' ? 0 : 1);
JS
timeout 60 node headers.cjs
