// The image's health check: asks the service that the container runs whether it is alive. Ends with 0 or 1.
import { readFileSync } from 'node:fs';

const PORTS = {
  'endpoint-registry': ['API_MANAGEMENT_PORT', '3100'],
  'event-ingest': ['INGEST_MANAGEMENT_PORT', '3101'],
  dispatcher: ['DISPATCHER_PORT', '3002'],
};

const command = readFileSync('/proc/1/cmdline', 'utf8').replaceAll('\0', ' ');
const [, service] = /apps\/([\w-]+)\/dist\/main\.js/.exec(command) ?? [];
const [variable, standard] = PORTS[service] ?? [];
// A job or an admin command has no port, and is well while it runs.
if (variable !== undefined) {
  const port = process.env[variable] || standard;
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, {
    signal: AbortSignal.timeout(4_000),
  }).catch(() => null);
  if (!answer?.ok) process.exitCode = 1;
}
