#!/usr/bin/env bash
# Package:   undici 7.30.2 (npm)
# Behaviour: a server that sends "100 Continue" before its final answer, to a request without an Expect header, makes the
#            request fail with SocketError "bad response". The 200 behind it is never read, and a caller that tries again
#            sends the request twice.
# Why:       undici destroys the socket at every 100, since it never asks for one.
# Expected:  RFC 9110, section 15.2: a client must be able to read 1xx answers before the final one, even unasked ones.
#            `node:http` answers 200 for the same bytes.
# Seen:      undici: SocketError: bad response; node:http: 200
# Needs:     node 20.18 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund undici@7.30.2
cat > ask.mjs <<'JS'
import http from 'node:http';
import net from 'node:net';
import { request } from 'undici';

const answer = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.write(answer));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

const byUndici = await request(url, { method: 'POST', body: 'event' }).then(
  ({ statusCode }) => String(statusCode),
  (error) => `${error.name}: ${error.message}`,
);
const byNode = await new Promise((resolve, reject) => {
  const asked = http.request(url, { method: 'POST', agent: false }, (response) => resolve(response.statusCode));
  asked.on('error', reject);
  asked.end('event');
});
console.log(`undici: ${byUndici}; node:http: ${byNode}`);
process.exit(byUndici === 'SocketError: bad response' && byNode === 200 ? 0 : 1);
JS
timeout 60 node ask.mjs
