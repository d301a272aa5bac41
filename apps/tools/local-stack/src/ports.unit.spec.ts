import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { freePort } from '@skillora/engines';

import { portProblems, withFreePorts } from './ports.js';
import { readLocalStackSettings } from './settings.js';

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

  it('moves a management port that nobody chose out of the way of others, and none that was chosen', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const usual = readLocalStackSettings({ API_PORT: '3101' }, []);
    const moved = await withFreePorts({ ...usual, apiManagementPort: port });
    expect([port, 3101]).not.toContain(moved.apiManagementPort);
    expect(moved.ingestManagementPort).not.toBe(3101);
    const chosen = readLocalStackSettings({ API_MANAGEMENT_PORT: String(port) }, []);
    expect(await withFreePorts(chosen)).toMatchObject({ apiManagementPort: port });
    taken.close();
  });
});
