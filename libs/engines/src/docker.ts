import { request } from 'node:http';

const PATIENCE_MS = 1_500;

/** True when a Docker daemon answers, at DOCKER_HOST or its default socket; decided within 1.5 s. */
export function dockerAnswers(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const target = dockerTarget(env['DOCKER_HOST']);
  if (target === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const ping = request({ ...target, path: '/_ping', timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('timeout', () => {
      ping.destroy();
      resolve(false);
    });
    ping.once('error', () => resolve(false));
    ping.end();
  });
}

/** The address to ping the daemon at; null for kinds of address that are not checked here (ssh, TLS). */
export function dockerTarget(
  host: string | undefined,
): { socketPath: string } | { host: string; port: number } | null {
  if (host === undefined || host === '') return { socketPath: '/var/run/docker.sock' };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  if (!host.startsWith('tcp://') || !URL.canParse(host)) return null;
  const url = new URL(host);
  return { host: url.hostname, port: Number(url.port || 2375) };
}
