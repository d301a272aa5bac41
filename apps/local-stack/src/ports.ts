import { createServer } from 'node:net';

import type { PortInUse } from './settings.js';

/** One line for every port that cannot be listened on, naming it and the variable that sets it. */
export async function portProblems(ports: readonly PortInUse[]): Promise<string[]> {
  const problems = await Promise.all(ports.map(problem));
  return problems.filter((line) => line !== null);
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
