import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { freePort } from '@skillora/engines';

import { portProblems } from './ports.js';

describe('the check of ports', () => {
  it('names the port in use and the variable that moves it, and says nothing of free ones', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const free = await freePort();

    expect(
      await portProblems([
        { variable: 'API_PORT', port, part: 'endpoint-registry', host: '0.0.0.0' },
        { variable: 'KAFKA_PORT', port: free, part: 'Kafka', host: '127.0.0.1' },
      ]),
    ).toEqual([
      `port ${port} (API_PORT, for endpoint-registry) is in use: free it, or set API_PORT to another port`,
    ]);
    taken.close();
  });
});
