import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { burst, projected } from '../burst.js';
import { percentile, print, round } from '../figures.js';
import type { Scenario } from '../scenario.js';
import { SystemUnderTest } from '../system-under-test.js';

const WARMING = 1_000;

/** The measured options; each is that of one endpoint. @param tokenUrl of a token server. */
function optionsOf(tokenUrl: string): Readonly<Record<string, object>> {
  return {
    'no option': {},
    'five headers': {
      headers: Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`X-Gateway-${n}`, `a value of number ${n}`])),
    },
    'bearer token': { authentication: { type: 'bearer', token: 'a-token-of-the-bench' } },
    'OAuth 2.0, token in memory': {
      authentication: {
        type: 'oauth2_client_credentials',
        token_url: tokenUrl,
        client_id: 'bench',
        client_secret: 'a-secret-of-the-bench',
      },
    },
    filter: { filter: { 'data.score': [{ '>=': 80 }], 'data.status': ['completed'] } },
    'rate limit that is not reached': { rate_limit: 1_000 },
    'extended schedule': { retry_schedule: 'extended' },
  };
}

/** The result of one turn: deliveries a second, and CPU of the dispatcher for each, ms. */
interface Turn {
  readonly rate: number;
  readonly cpu: number;
}

export const options: Scenario = {
  name: 'options',
  description: 'deliveries a second and CPU of the dispatcher for each, for each option of an endpoint',
  async run({ quick }) {
    const tokenServer = new TokenServer();
    const options = optionsOf(await tokenServer.listen());
    const names = Object.keys(options);
    const system = await SystemUnderTest.start(names.length, { ENDPOINT_CHANGES_PER_HOUR: '1000000' });
    const turns = new Map<string, Turn[]>(names.map((name) => [name, []]));
    try {
      const { registration, receivers } = system;
      const ids = new Map<string, string>();
      for (const [index, name] of names.entries()) {
        const fields = { ...options[name], is_active: false };
        ids.set(
          name,
          await registration.register(receivers.urls[index] ?? '', name, 'interview_completed', fields),
        );
      }
      let done = 0;
      // In turn, so that other work of the machine affects all of them. The first turn warms them up.
      for (let turn = 0; turn <= (quick ? 3 : 7); turn += 1) {
        for (const name of names) {
          const id = ids.get(name) ?? '';
          const deliveries = turn === 0 ? WARMING : quick ? 1_000 : 3_000;
          await registration.change(id, { is_active: true });
          const before = system.cpuTime()?.get('dispatcher') ?? NaN;
          const seconds = await burst(system, deliveries, 1);
          await projected(system, (done += deliveries));
          const after = system.cpuTime()?.get('dispatcher') ?? NaN;
          await registration.change(id, { is_active: false });
          const measured = { rate: deliveries / seconds, cpu: (after - before) / deliveries };
          if (turn > 0) turns.get(name)?.push(measured);
        }
      }
    } finally {
      await system.stop();
      tokenServer.close();
    }
    const plain = medians(turns.get('no option') ?? []);
    for (const [name, measured] of turns) {
      const { rate, cpu } = medians(measured);
      print(
        `${name.padEnd(32)} ${round(rate)} deliveries/s, ${round(cpu, 3)} ms of CPU; ` +
          `${round(rate / plain.rate, 2)} and ${round(cpu / plain.cpu, 2)} of those without an option (medians)`,
      );
    }
    print(`tokens asked for: ${tokenServer.asked}`);
  },
};

function medians(turns: readonly Turn[]): Turn {
  const median = (of: (turn: Turn) => number): number => percentile(turns.map(of), 0.5);
  return { rate: median(({ rate }) => rate), cpu: median(({ cpu }) => cpu) };
}

/** A token server that gives tokens of an hour. */
class TokenServer {
  asked = 0;
  private readonly server: Server = createServer((request, response) => {
    request.resume().once('end', () => {
      this.asked += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'a-token', token_type: 'Bearer', expires_in: 3_600 }));
    });
  });

  /** @returns its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/token`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
