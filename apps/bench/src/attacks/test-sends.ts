import { ask, type Attack, type Attacker, atOnce } from './attack.js';

const AT_ONCE = 200;

/** Test sends, two hundred at a time, to an endpoint whose server never answers; each waits for its result. */
export const testSends: Attack = {
  name: `${AT_ONCE} test sends at once to a server that hangs`,
  async step(attacker) {
    const endpoint = await firstEndpoint(attacker);
    const url = `${attacker.address.api}/api/v1/webhook-endpoints/${endpoint}/test/`;
    return atOnce(AT_ONCE, () => ask(attacker, url, { method: 'POST' }));
  },
};

const known = new WeakMap<Attacker, string>();

async function firstEndpoint(attacker: Attacker): Promise<string> {
  const before = known.get(attacker);
  if (before !== undefined) return before;
  const response = await fetch(`${attacker.address.api}/api/v1/webhook-endpoints/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${attacker.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: attacker.servers[0], events: ['interview_completed'] }),
  });
  const { id } = (await response.json()) as { id: string };
  known.set(attacker, id);
  return id;
}
