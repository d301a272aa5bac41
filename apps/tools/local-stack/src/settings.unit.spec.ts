import { resolve } from 'node:path';

import { meaningsOfEmpty } from '@skillora/operability/testing/empty-settings';

import { localDefaults } from './local-stack.js';
import { localStackDeclarations, portsToListenOn, readLocalStackSettings } from './settings.js';

describe('the settings of the local stack', () => {
  it('have defaults that embed everything and run the demo', () => {
    expect(readLocalStackSettings({}, [])).toEqual({
      apiPort: 3000,
      ingestPort: 3001,
      apiManagementPort: 3100,
      ingestManagementPort: 3101,
      managementPortsGiven: [],
      dispatcherPort: 3002,
      kafkaPort: 9092,
      postgresPort: 5432,
      listenAddress: '127.0.0.1',
      dataDir: resolve('.data'),
      kafkaBrokers: null,
      databaseUrl: null,
      demo: true,
    });
  });

  it('name every bad one in one line', () => {
    expect(() => readLocalStackSettings({ API_PORT: '0', KAFKA_PORT: 'x' }, [])).toThrow(
      /^bad settings: API_PORT must be .*; KAFKA_PORT must be [^\n]*$/,
    );
  });

  it('refuse a port that two parts would share', () => {
    expect(() => readLocalStackSettings({ INGEST_PORT: '3000' }, [])).toThrow(
      'API_PORT and INGEST_PORT are both 3000',
    );
    expect(() =>
      readLocalStackSettings({ KAFKA_PORT: '3000', KAFKA_BROKERS: 'kafka:9092' }, []),
    ).not.toThrow();
    expect(() => readLocalStackSettings({ INGEST_MANAGEMENT_PORT: '3000' }, [])).toThrow(
      'API_PORT and INGEST_MANAGEMENT_PORT are both 3000',
    );
    // One that nobody chose moves instead.
    expect(() => readLocalStackSettings({ API_PORT: '3100' }, [])).not.toThrow();
  });

  it('let the services listen on this machine alone, unless another address is set', () => {
    const hosts = (env: NodeJS.ProcessEnv) =>
      portsToListenOn(readLocalStackSettings(env, [])).map(({ host }) => host);
    expect(new Set(hosts({}))).toEqual(new Set(['127.0.0.1']));
    expect(hosts({ LISTEN_ADDRESS: '0.0.0.0' })).toEqual([
      ...['0.0.0.0', '0.0.0.0', '0.0.0.0', '0.0.0.0', '0.0.0.0'],
      // The engines have no passwords of one's own choosing.
      ...['127.0.0.1', '127.0.0.1'],
    ]);
    expect(() => readLocalStackSettings({ LISTEN_ADDRESS: 'localhost' }, [])).toThrow(
      'LISTEN_ADDRESS must be an IP address of this machine',
    );
  });

  it('leave out what is run elsewhere, an empty place meaning the embedded one', () => {
    const elsewhere = readLocalStackSettings(
      { KAFKA_BROKERS: 'kafka:9092', DATABASE_URL: 'postgres://db/x' },
      [],
    );
    expect(portsToListenOn(elsewhere).map(({ variable }) => variable)).toEqual([
      'API_PORT',
      'INGEST_PORT',
      'DISPATCHER_PORT',
      'API_MANAGEMENT_PORT',
      'INGEST_MANAGEMENT_PORT',
    ]);
    const embedded = readLocalStackSettings({ KAFKA_BROKERS: '', DATABASE_URL: '' }, []);
    expect(portsToListenOn(embedded)).toHaveLength(7);
  });

  it('are refused when they are set and empty, where that means nothing', () => {
    const read = (env: NodeJS.ProcessEnv) => readLocalStackSettings(env, []);
    expect(meaningsOfEmpty(localStackDeclarations, read)).toEqual({
      API_PORT: 'refused',
      INGEST_PORT: 'refused',
      API_MANAGEMENT_PORT: 'refused',
      INGEST_MANAGEMENT_PORT: 'refused',
      DISPATCHER_PORT: 'refused',
      KAFKA_PORT: 'refused',
      POSTGRES_PORT: 'refused',
      LISTEN_ADDRESS: 'refused',
      DATA_DIR: 'refused',
      // Empty: the embedded ones.
      KAFKA_BROKERS: 'as not set',
      DATABASE_URL: 'as not set',
    });
  });

  it('take --no-demo, and no other argument', () => {
    expect(readLocalStackSettings({}, ['--no-demo']).demo).toBe(false);
    expect(() => readLocalStackSettings({}, ['--nodemo'])).toThrow('unknown argument --nodemo');
  });
});

describe('what the local stack sets for its services', () => {
  const CIDRS = 'ALLOWED_TARGET_CIDRS';
  const others = { ALLOW_HTTP_TARGETS: 'true', NAME_LARGE_BODIES: 'true' };

  it('is for receivers under development on this machine, and for one release alone', () => {
    expect(localDefaults({})).toEqual({ ...others, [CIDRS]: '127.0.0.0/8,::1/128' });
  });

  it.each(['KAFKA_BROKERS', 'RETENTION_DAYS', 'RETRY_DELAYS', 'EXTENDED_RETRY_DELAYS', 'NAME_LARGE_BODIES'])(
    'names no large bodies if %s is set: events may be read by others, or not be kept for long enough',
    (variable) => {
      expect(localDefaults({ [variable]: 'any' })).not.toHaveProperty('NAME_LARGE_BODIES');
    },
  );

  it.each([
    ['set', { [CIDRS]: '10.0.0.0/8' }],
    ['set and empty, which means none', { [CIDRS]: '' }],
    ['named in a file', { [`${CIDRS}_FILE`]: '/run/secrets/cidrs' }],
  ])('leaves alone what is %s', (_how, given) => {
    expect(localDefaults(given)).toEqual(others);
  });
});
