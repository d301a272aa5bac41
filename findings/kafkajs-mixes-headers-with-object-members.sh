#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm)
# Behaviour: a header named like a member of every JavaScript object ("constructor", "toString", "valueOf" and others) is
#            read as an array: the member's function first, then the value that was sent.
# Why:       headers are collected in a plain object, and a name that it inherits is taken for one that came before.
# Expected:  names of headers are free text in Kafka; the value comes as it was sent.
# Seen:      header "constructor": [function Object, Buffer "value"]; header "other": Buffer "value"
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

function read(name) {
  const record = encodeRecord({ offsetDelta: 0, timestampDelta: 0, key: null, value: 'v', headers: { [name]: 'value' } });
  const body = new Decoder(record.buffer).readVarIntBytes();
  const { headers } = decodeRecord(new Decoder(body), { firstOffset: 0, firstTimestamp: 0 });
  return [headers[name]].flat().map((each) => (Buffer.isBuffer(each) ? `Buffer "${each}"` : `${typeof each} ${each.name}`));
}
const inherited = read('constructor');
const other = read('other');
console.log(`header "constructor": [${inherited.join(', ')}]; header "other": ${other.join(', ')}`);
process.exit(inherited.length === 2 && inherited[0] === 'function Object' && other.length === 1 ? 0 : 1);
JS
timeout 60 node headers.cjs
