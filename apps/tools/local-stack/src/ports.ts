import { createServer } from 'node:net';

import { freePort } from '@skillora/engines';

import { type LocalStackSettings, type PortInUse, portsToListenOn } from './settings.js';

/** One line for every port that cannot be used, naming it and the variable that sets it. */
export async function portProblems(ports: readonly PortInUse[]): Promise<string[]> {
  const problems = await Promise.all(ports.map(problem));
  return problems.filter((line) => line !== null);
}

/**
 * The settings with free ports instead of default ports that are in use: by another stack on the machine, or
 * by another part of this one.
 */
export async function withFreePorts(settings: LocalStackSettings): Promise<LocalStackSettings> {
  const ports = portsToListenOn(settings);
  const chosen = new Set(ports.filter(({ givesWay }) => !givesWay).map(({ port }) => port));
  const inUse = await Promise.all(
    ports
      .filter(({ givesWay }) => givesWay)
      .map(async (each) => (!chosen.has(each.port) && (await problem(each)) === null ? [] : [each.variable])),
  );
  const others = new Set(inUse.flat());
  return {
    ...settings,
    ...(others.has('API_MANAGEMENT_PORT') ? { apiManagementPort: await freePort() } : {}),
    ...(others.has('INGEST_MANAGEMENT_PORT') ? { ingestManagementPort: await freePort() } : {}),
  };
}

async function problem({ variable, port, part, host }: PortInUse): Promise<string | null> {
  const code = await new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
  if (code === null) return null;
  if (code === 'EADDRINUSE') {
    return `port ${port} (${variable}, for ${part}) is in use: free it, or set ${variable} to another port`;
  }
  return `port ${port} (${variable}, for ${part}) cannot be listened on (${code}): set ${variable} to another port`;
}
