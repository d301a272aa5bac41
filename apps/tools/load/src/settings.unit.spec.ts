import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readLoadSettings } from './settings.js';

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'skillora-load-'));
  writeFileSync(
    join(dataDir, 'environment.json'),
    JSON.stringify({
      API_PORT: '3000',
      INGEST_PORT: '3001',
      BOOTSTRAP_API_TOKEN: 'local',
      KAFKA_BROKERS: 'a:1,b:2',
      BOOTSTRAP_ORGANIZATION_ID: 'o',
    }),
  );
});
afterAll(() => rmSync(dataDir, { recursive: true }));

const read = (args: string[], env: NodeJS.ProcessEnv = { DATA_DIR: dataDir }) => readLoadSettings(args, env);

describe('what a load is to be', () => {
  it('is by default a small one on the installation that runs here', () => {
    expect(read([])).toMatchObject({
      rate: 50,
      durationMs: 30_000,
      endpoints: 5,
      api: 'http://127.0.0.1:3000',
      ingest: 'http://127.0.0.1:3001',
      token: 'local',
      kafka: null,
    });
  });

  it('is what the command line says, on an installation of one’s own', () => {
    const args = '--rate 500 --duration 5m --endpoints 20 --slow 2 --failing 3 --slow-after 10s'.split(' ');
    const where =
      '--api https://api.example.com --ingest https://in.example.com --receiver-host load.internal';
    expect(read([...args, ...where.split(' ')], { LOAD_TOKEN: 't' })).toMatchObject({
      rate: 500,
      durationMs: 300_000,
      endpoints: 20,
      slow: 2,
      failing: 3,
      slowAfterMs: 10_000,
      api: 'https://api.example.com',
      token: 't',
      receiverAddress: '127.0.0.1',
      receiverHost: 'load.internal',
    });
  });

  it('can go in through Kafka', () => {
    expect(read(['--door', 'kafka']).kafka).toEqual({ brokers: ['a:1', 'b:2'], organizationId: 'o' });
  });

  it.each([
    [['--slow', '3', '--failing', '3', '--endpoints', '5'], {}, '--slow and --failing'],
    [['--api', 'https://a.example', '--ingest', 'https://i.example'], {}, 'LOAD_TOKEN is not given'],
    [[], { DATA_DIR: '/nowhere' }, '--api is not given'],
  ])('is refused for %j with the option that is to blame', (args, env, problem) => {
    expect(() => read(args, { DATA_DIR: dataDir, ...env })).toThrow(problem);
  });
});
