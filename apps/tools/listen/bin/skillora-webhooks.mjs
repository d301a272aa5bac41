#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * `npx skillora-webhooks` in this repository. It works after `npm ci` alone: the first use compiles what it needs.
 */
const project = fileURLToPath(new URL('..', import.meta.url));
const main = new URL('../dist/main.js', import.meta.url);

if (!existsSync(main)) {
  process.stderr.write('Compiling the command for its first use …\n');
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '--build', project], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import(main.href);
