#!/usr/bin/env bash
# Package:   @nestjs/platform-fastify 12.5.0 (npm) with @nestjs/core 12.5.1
# Behaviour: an exception filter that catches everything gets a plain HttpException for a request that fastify refuses (here a
#            body above `bodyLimit`). The status is fastify's, the response is fastify's text, and `code` is undefined. The error
#            with its code is the `cause`.
# Why:       the adapter maps errors of fastify below 500 before any filter sees them (mapException).
# Effect:    a filter that tells these errors apart by `code` never matches, and customers read fastify's words.
# Expected:  the filter gets the error that fastify threw, with `code` FST_ERR_CTP_BODY_TOO_LARGE.
# Seen:      code: undefined; status: 413; response: Request body is too large; code of the cause: FST_ERR_CTP_BODY_TOO_LARGE
# Needs:     node 22 or newer, npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @nestjs/common@12.5.1 @nestjs/core@12.5.1 \
  @nestjs/platform-fastify@12.5.0 reflect-metadata@0.2.2 rxjs@7.8.2
cat > filter.mjs <<'JS'
import 'reflect-metadata';
import { Catch, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

class Things {
  create() {}
}
Controller('things')(Things);
Post()(Things.prototype, 'create', Object.getOwnPropertyDescriptor(Things.prototype, 'create'));
class App {}
Module({ controllers: [Things] })(App);

let seen;
class Everything {
  catch(error, host) {
    const status = error.getStatus?.();
    seen = { code: error.code, status, response: error.getResponse?.(), cause: error.cause?.code };
    host.switchToHttp().getResponse().status(status ?? 500).send({});
  }
}
Catch()(Everything);

const app = await NestFactory.create(App, new FastifyAdapter({ bodyLimit: 100 }), { logger: false });
app.useGlobalFilters(new Everything());
await app.listen(0, '127.0.0.1');
const body = JSON.stringify('x'.repeat(1_000));
await fetch(`${await app.getUrl()}/things`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
await app.close();
const { code, status, response, cause } = seen;
console.log(`code: ${code}; status: ${status}; response: ${response}; code of the cause: ${cause}`);
process.exit(code === undefined && status === 413 && cause === 'FST_ERR_CTP_BODY_TOO_LARGE' ? 0 : 1);
JS
timeout 60 node filter.mjs
