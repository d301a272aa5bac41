#!/usr/bin/env bash
# Package:   standardwebhooks 1.0.0 (npm); 1.1.1 does the same
# Behaviour: a secret of letters and digits without the prefix `whsec_` is decoded as base64 all the same. No error says so:
#            signatures are simply made with other bytes, and those made with the text are "No matching signature found".
#            Only a secret that is no base64, as one with a hyphen, is refused.
# Why:       the prefix is cut off where there is one, and the rest is decoded in any case.
# Expected:  a secret without the prefix is refused, or is the key itself. `{ format: 'raw' }` is needed for the latter.
# Seen:      signed with the text: false; with the text decoded as base64: true; with { format: 'raw' } and the text: true
# Needs:     node 20 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund standardwebhooks@1.0.0
cat > sign.mjs <<'JS'
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

const secret = 'ASecretOfPlainLettersAndDigits01';
const sentAt = new Date(1_700_000_000_000);
const signed = (key) =>
  `v1,${createHmac('sha256', key).update('msg_1.1700000000.{}').digest('base64')}`;
const usual = new Webhook(secret).sign('msg_1', sentAt, '{}');
const raw = new Webhook(secret, { format: 'raw' }).sign('msg_1', sentAt, '{}');
const seen = [usual === signed(secret), usual === signed(Buffer.from(secret, 'base64')), raw === signed(secret)];
console.log(
  `signed with the text: ${seen[0]}; with the text decoded as base64: ${seen[1]}; with { format: 'raw' } and the text: ${seen[2]}`,
);
process.exit(String(seen) === 'false,true,true' ? 0 : 1);
JS
timeout 60 node sign.mjs
