import { EndpointRegistration } from '@skillora/load';

import { ask, type Attack, atOnce } from './attack.js';

const AT_ONCE = 200;

/**
 * Test sends, two hundred at a time, to an endpoint whose server never answers; each waits for its result.
 */
export function testSends(): Attack {
  let endpoint = '';
  return {
    name: `${AT_ONCE} test sends at once to a server that hangs`,
    async prepare({ address, token, servers: [server = ''] }) {
      endpoint = await new EndpointRegistration(address.api, token).register(server, 'attack');
    },
    step(attacker) {
      const url = `${attacker.address.api}/api/v1/webhook-endpoints/${endpoint}/test/`;
      return atOnce(AT_ONCE, () => ask(attacker, url, { method: 'POST' }));
    },
  };
}
