#!/usr/bin/env bash
# Package:   cloudevents 10.0.0 (npm), its message given to kafkajs 2.2.4
# Behaviour: `Kafka.binary(event)` makes a header for each optional attribute that the event does not have, with the value
#            undefined, and its value is the data as an object. kafkajs can write neither: the first throws a TypeError.
# Expected:  a message that a Kafka client takes: absent attributes have no header, and the value is bytes or text.
# Seen:      4 headers are undefined; the value is of type object; kafkajs: TypeError; without them and as JSON text: written
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0 kafkajs@2.2.4
cat > write.cjs <<'JS'
const { CloudEvent, Kafka } = require('cloudevents');
// What kafkajs' producer makes of each message before it is sent.
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0');

const { headers, value } = Kafka.binary(
  new CloudEvent({ source: '/shop', type: 'order.paid', datacontenttype: 'application/json', data: { order: 7 } }),
);
const missing = Object.values(headers).filter((each) => each === undefined).length;
function write(message) {
  try {
    encodeRecord({ offsetDelta: 0, timestampDelta: 0, key: null, ...message });
    return 'written';
  } catch (error) {
    return error.name;
  }
}
const asItIs = write({ headers, value: JSON.stringify(value) });
const present = Object.fromEntries(Object.entries(headers).filter(([, each]) => each !== undefined));
const mended = write({ headers: present, value: JSON.stringify(value) });
console.log(
  `${missing} headers are undefined; the value is of type ${typeof value}; kafkajs: ${asItIs}; without them and as JSON text: ${mended}`,
);
process.exit(missing > 0 && typeof value === 'object' && asItIs === 'TypeError' && mended === 'written' ? 0 : 1);
JS
timeout 60 node write.cjs
