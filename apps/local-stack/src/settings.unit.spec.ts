import { resolve } from 'node:path';

import { portsToListenOn, readLocalStackSettings } from './settings.js';

describe('the settings of the local stack', () => {
  it('have defaults that embed everything and run the demo', () => {
    expect(readLocalStackSettings({}, [])).toEqual({
      apiPort: 3000,
      ingestPort: 3001,
      dispatcherPort: 3002,
      kafkaPort: 9092,
      postgresPort: 5432,
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
  });

  it('leave out what is run elsewhere, an empty variable counting as not set', () => {
    const elsewhere = readLocalStackSettings(
      { KAFKA_BROKERS: 'kafka:9092', DATABASE_URL: 'postgres://db/x' },
      [],
    );
    expect(portsToListenOn(elsewhere).map(({ variable }) => variable)).toEqual([
      'API_PORT',
      'INGEST_PORT',
      'DISPATCHER_PORT',
    ]);
    const embedded = readLocalStackSettings({ KAFKA_BROKERS: '', DATABASE_URL: '' }, []);
    expect(portsToListenOn(embedded)).toHaveLength(5);
  });

  it('take --no-demo, and no other argument', () => {
    expect(readLocalStackSettings({}, ['--no-demo']).demo).toBe(false);
    expect(() => readLocalStackSettings({}, ['--nodemo'])).toThrow('unknown argument --nodemo');
  });
});
