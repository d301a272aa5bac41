import { Agent, request } from 'node:http';

import { ExtraService } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import { Customer } from './testing/customer.js';
import { interviewCompleted } from './testing/producer-service.js';
import { RoundRobinProxy } from './testing/round-robin-proxy.js';

const { address } = Customer.ofStack();
const CONNECTIONS = 8;

/**
 * Clients that send one request after another over connections that they keep, until they are told to stop.
 */
class KeepAliveLoad {
  answered = 0;
  /** Whatever was no success: the status, or the error of the connection. */
  readonly failures: string[] = [];
  /**
   * Each connection has its turn. A server asks to leave a connection in its answers alone, so one that rests for the whole
   * SHUTDOWN_DELAY may be used again at the moment in which it is closed.
   */
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, scheduling: 'fifo' });
  private stopping = false;
  private readonly clients: Promise<void>[];

  constructor(private readonly send: (agent: Agent) => Promise<number>) {
    this.clients = Array.from({ length: CONNECTIONS }, () => this.client());
  }

  /** Resolves when so many more requests were answered. */
  async more(requests: number): Promise<void> {
    const wanted = this.answered + requests;
    await waitFor(() => this.answered + this.failures.length >= wanted, `${requests} more requests`);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.clients);
    this.agent.destroy();
  }

  private async client(): Promise<void> {
    while (!this.stopping) {
      try {
        const status = await this.send(this.agent);
        if (status < 300) this.answered += 1;
        else this.failures.push(String(status));
      } catch (error) {
        this.failures.push((error as NodeJS.ErrnoException).code ?? String(error));
      }
      // Nobody is served faster for asking at full speed, and the machine has other work.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** @returns the status, once the answer was read to its end. */
function call(url: string, method: string, agent: Agent, body?: object): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${address.token}`,
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const sent = request(url, { method, agent, headers }, (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

describe.each([
  [
    'endpoint-registry',
    (url: string) => (agent: Agent) => call(`${url}/api/v1/webhook-deliveries/?page_size=1`, 'GET', agent),
  ],
  [
    'event-ingest',
    (url: string) => (agent: Agent) =>
      call(`${url}/api/v1/interview-completions/`, 'POST', agent, interviewCompleted()),
  ],
] as const)('a rolling update of %s', (name, sender) => {
  it('refuses nothing to clients that keep their connections', async () => {
    const start = () => ExtraService.start(name, address.dataDir, { SHUTDOWN_DELAY: '5s' });
    const instances = await Promise.all([start(), start()]);
    const ports = () => instances.map(({ port }) => port);
    const proxy = await RoundRobinProxy.start(ports());
    const load = new KeepAliveLoad(sender(proxy.url));
    const codes: (number | null)[] = [];
    try {
      await load.more(20 * CONNECTIONS);
      for (let replaced = 0; replaced < 2; replaced += 1) {
        const replacement = replaced === 0 ? await start() : null;
        const [oldest] = instances.splice(0, 1);
        if (replacement) instances.push(replacement);
        // As `preStop` gives the time for: nothing new comes, and what is connected stays.
        proxy.rotate(ports());
        codes.push((await oldest?.end('SIGTERM')) ?? null);
        await load.more(5 * CONNECTIONS);
      }
    } finally {
      await load.stop();
      await proxy.stop();
      for (const instance of instances) await instance.end('SIGTERM');
    }
    expect(load.failures).toEqual([]);
    expect(codes).toEqual([0, 0]);
    // Connections were kept, so those of the instances that ended had to be left.
    expect(proxy.connections).toBeGreaterThan(CONNECTIONS);
    expect(load.answered).toBeGreaterThan(5 * proxy.connections);
    // It starts three instances and ends as many, which a busy machine needs minutes for.
  }, 600_000);
});
