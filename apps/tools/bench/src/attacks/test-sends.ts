import { EndpointRegistration } from '@skillora/load';

import { ask, type Attack, atOnce } from './attack.js';

const AT_ONCE = 200;

/**
 * Test sends, two hundred at a time, to an endpoint whose server never answers; each waits for its result.
 * The control has a server that answers.
 */
export function testSends(hangs: boolean): Attack {
  let endpoint = '';
  return {
    name: `${AT_ONCE} test sends at once to a server that ${hangs ? 'hangs' : 'answers (control)'}`,
    isControl: !hangs,
    async prepare({ address, token, hangingServer, promptServer }) {
      const url = hangs ? hangingServer : promptServer;
      endpoint = await new EndpointRegistration(address.api, token).register(url, 'attack');
    },
    step(attacker) {
      const url = `${attacker.address.api}/api/v1/webhook-endpoints/${endpoint}/test/`;
      return atOnce(AT_ONCE, () => ask(attacker, url, { method: 'POST' }));
    },
  };
}
