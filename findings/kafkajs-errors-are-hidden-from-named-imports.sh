#!/usr/bin/env bash
# Package:   kafkajs 2.2.4 (npm) in an ES module
# Behaviour: `import { KafkaJSNonRetriableError } from 'kafkajs'` fails to link ("does not provide an export named …"),
#            although the type definitions declare it and `require('kafkajs')` has it. So it is with all error classes;
#            `Kafka`, `logLevel` and four more can be imported by name.
# Why:       index.js spreads the error classes into its exports, which Node's reading of CommonJS names does not follow.
# Expected:  what the types declare can be imported by its name.
# Seen:      required: true; imported by name: SyntaxError; through the default import: true
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kafkajs@2.2.4
grep -q 'export class KafkaJSNonRetriableError' node_modules/kafkajs/types/index.d.ts
echo "import { KafkaJSNonRetriableError } from 'kafkajs'; export default KafkaJSNonRetriableError;" > named.mjs
cat > import.mjs <<'JS'
import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';

const required = 'KafkaJSNonRetriableError' in createRequire(import.meta.url)('kafkajs');
const named = await import('./named.mjs').then(
  () => 'works',
  (error) => error.name,
);
const byDefault = 'KafkaJSNonRetriableError' in kafkajs;
console.log(`required: ${required}; imported by name: ${named}; through the default import: ${byDefault}`);
process.exit(required && named === 'SyntaxError' && byDefault ? 0 : 1);
JS
timeout 60 node import.mjs
