import { createGuardedConnector, type EgressPolicy, parseCidrs } from '@skillora/egress';
import { Receivers } from '@skillora/load';
import { buildConnector, Pool } from 'undici';

import { percentile, print, round } from '../figures.js';
import { RAW_BODY } from '../raw-posting.js';
import type { Scenario } from '../scenario.js';

const POLICY: EgressPolicy = { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8,::1/128') };
const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS = 16;

/** undici's own connector, without any egress check. */
const unguarded = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
const guardedConnector = createGuardedConnector(POLICY, { connectTimeoutMs: CONNECT_TIMEOUT_MS });
const guarded: buildConnector.connector = (target, callback) => {
  guardedConnector(target, callback);
};

export const egress: Scenario = {
  name: 'egress',
  description: 'posts a second with and without the egress check, from one process to another',
  async run({ quick }) {
    const receivers = await Receivers.start(1);
    try {
      const [address = ''] = receivers.urls;
      const byName = address.replace('127.0.0.1', 'localhost');
      for (const [what, url, pipelining] of [
        ['over connections that stand', address, 1],
        ['each over a new connection to an address', address, 0],
        ['each over a new connection to a name', byName, 0],
      ] as const) {
        const rates = { guarded: [] as number[], unguarded: [] as number[] };
        // In turn, so that other work of the machine affects both.
        for (let turn = 0; turn < (quick ? 3 : 9); turn += 1) {
          rates.unguarded.push(await posts(url, unguarded, pipelining, quick ? 2_000 : 5_000));
          rates.guarded.push(await posts(url, guarded, pipelining, quick ? 2_000 : 5_000));
        }
        const [withCheck, without] = [percentile(rates.guarded, 0.5), percentile(rates.unguarded, 0.5)];
        print(
          `${what}: ${round(withCheck)} posts/s with the check, ${round(without)} without, ` +
            `ratio ${round(withCheck / without, 2)} (medians)`,
        );
      }
    } finally {
      receivers.stop();
    }
  },
};

/** @returns posts a second. */
async function posts(
  url: string,
  connect: buildConnector.connector,
  pipelining: number,
  count: number,
): Promise<number> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connect, connections: CONNECTIONS, pipelining });
  const headers = { 'content-type': 'application/json' };
  let left = count;
  const post = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { body } = await pool.request({ method: 'POST', path: pathname, body: RAW_BODY, headers });
      await body.dump();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, post));
  const seconds = (performance.now() - began) / 1_000;
  await pool.close();
  return count / seconds;
}
