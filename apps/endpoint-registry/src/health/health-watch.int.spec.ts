import { createDatabaseOn } from '@skillora/engines';
import { createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import { DataSource } from 'typeorm';

import { rebuildProjection } from '../projection/rebuild/rebuild.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { OutboxRelay } from '../outbox/relay.js';
import { Obstacle } from '../testing/obstacle.js';
import { RunningRegistry } from '../testing/running-registry.js';
import { HealthWatch } from './health-watch.js';
import { HealthScene, noticesAbout, typesAbout } from './testing/health-scene.js';

const PATH = '/api/v1/webhook-endpoints/';
const logger = createLogger('health-test', 'silent');
const kafka = createKafka({
  brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
  clientId: 'health-test',
  logger,
});
const FAILURES = 3;
const HOUR_MS = 3_600_000;

/** The instances of the service on one database: two at first. */
let instances: RunningRegistry[];
let databaseUrl: string;

const start = (): Promise<RunningRegistry> =>
  RunningRegistry.start({
    DATABASE_URL: databaseUrl,
    ENDPOINT_FAILING_AFTER: '1s',
    ENDPOINT_DISABLE_AFTER: '1d',
    ENDPOINT_DISABLE_FAILURES: String(FAILURES),
  });

beforeAll(async () => {
  databaseUrl = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  instances = [await start(), await start()];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

/**
 * All instances disable after this time. A test that changes it waits for no time to pass, so each state lasts until
 * the test goes on.
 */
function disableAfter(disableAfterMs: number): void {
  for (const each of instances)
    Object.assign(each.of<RegistrySettings>(REGISTRY_SETTINGS), { disableAfterMs });
}

describe('an endpoint whose deliveries fail, with two instances that look', () => {
  it('is announced, disabled once, switched on again, and stays as it is after a rebuild', async () => {
    const scene = await HealthScene.make(instances[1]!);
    await scene.deliveriesEnded(Date.now() - HOUR_MS, 0, 500, 500, 500);
    await scene.becomes({
      is_active: true,
      disabled_reason: null,
      health: { state: 'failing', consecutive_failures: 3, failing_since: expect.any(String) },
    });
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing']));
    disableAfter(1.5 * HOUR_MS);
    await eventually(async () =>
      expect(await typesAbout(scene.endpoint)).toEqual(['failing', 'disabling_soon']),
    );
    expect(await scene.view()).toMatchObject({ is_active: true, health: { state: 'failing' } });
    disableAfter(HOUR_MS / 2);
    await scene.becomes({
      is_active: false,
      disabled_reason: 'failing',
      disabled_at: expect.any(String),
      health: { state: 'disabled', consecutive_failures: 3 },
    });
    const { health, disabled_at: disabledAt } = await scene.view();
    const { failing_since: since, last_success_at: succeeded } = health as Record<string, unknown>;
    expect(await scene.disablings()).toMatchObject([
      {
        actor: { type: 'service', id: null, name: 'health' },
        before: { is_active: true, disabled_reason: null },
        after: { is_active: false, disabled_reason: 'failing', disabled_at: disabledAt },
      },
    ]);
    await eventually(async () =>
      expect(await typesAbout(scene.endpoint)).toEqual(['failing', 'disabling_soon', 'disabled']),
    );
    const notices = await noticesAbout(scene.endpoint);
    expect(notices.at(-1)?.data).toEqual({
      endpoint_id: scene.endpoint,
      reason: 'failing',
      disabled_at: disabledAt,
      failing_since: since,
      last_success_at: succeeded,
      consecutive_failures: 3,
    });
    // They are events too, which endpoints can subscribe to.
    await eventually(async () => {
      const { results } = await scene.call('GET', '/api/v1/webhook-events/?event_type=endpoint.disabled');
      expect(results).toMatchObject([{ id: notices.at(-1)?.id, event_type: 'endpoint.disabled' }]);
    });

    const before = await scene.view();
    await rebuildProjection({
      ...{ dataSource: instances[0]!.of(DataSource), kafka, logger, retentionDays: 90 },
      firstAttemptInDelivery: true,
      onProgress: () => undefined,
    });
    expect(await scene.view()).toEqual(before);

    disableAfter(24 * HOUR_MS);
    await scene.call('PATCH', `${PATH}${scene.endpoint}/`, { is_active: true });
    await scene.becomes({
      is_active: true,
      disabled_reason: null,
      disabled_at: null,
      health: { state: 'healthy', failing_since: null, consecutive_failures: 0 },
    });
    // A look after this finds the end of the first failures, and nothing to do again because of them.
    await scene.deliveriesEnd(500);
    await scene.becomes({ is_active: true, health: { state: 'failing', consecutive_failures: 1 } });
    await eventually(async () => expect((await typesAbout(scene.endpoint)).slice(3)).toEqual(['failing']));
    expect(await scene.disablings()).toHaveLength(1);
  });

  it('is announced to have recovered after a success', async () => {
    const scene = await HealthScene.make(instances[1]!);
    await scene.deliveriesEnd(503);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing']));
    await scene.deliveriesEnd(0);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing', 'recovered']));
    expect(await scene.view()).toMatchObject({
      health: { state: 'healthy', failing_since: null, consecutive_failures: 0 },
    });
  });

  it('is announced to have recovered when it succeeds after it was switched on', async () => {
    const scene = await HealthScene.make(instances[1]!);
    await scene.deliveriesEnd(410);
    await scene.becomes({ is_active: false, disabled_reason: 'gone' });
    await scene.call('PATCH', `${PATH}${scene.endpoint}/`, { is_active: true });
    await scene.becomes({ is_active: true, health: { state: 'healthy' } });
    await scene.deliveriesEnd(0);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['disabled', 'recovered']));
  });

  it('is not disabled while it is held, and its failures do not count after that', async () => {
    disableAfter(24 * HOUR_MS);
    const [held, other] = [await HealthScene.make(instances[1]!), await HealthScene.make(instances[1]!)];
    for (const each of [held, other]) {
      await each.deliveriesEnded(Date.now() - HOUR_MS, 500, 500, 500);
      await eventually(async () => expect(await typesAbout(each.endpoint)).toEqual(['failing']));
    }
    await held.call('POST', `${PATH}${held.endpoint}/hold/`);
    disableAfter(HOUR_MS / 2);
    await other.becomes({ is_active: false, disabled_reason: 'failing' });
    await instances[0]!.of(HealthWatch).look();
    expect(await held.view()).toMatchObject({ is_active: true, health: { state: 'failing' } });

    await held.call('POST', `${PATH}${held.endpoint}/resume/`);
    for (const instance of instances) await instance.of(HealthWatch).look();
    expect(await held.view()).toMatchObject({
      is_active: true,
      health: { state: 'healthy', failing_since: null, consecutive_failures: 0 },
    });
    await held.deliveriesEnd(0);
    await eventually(async () => expect(await typesAbout(held.endpoint)).toEqual(['failing', 'recovered']));
    disableAfter(24 * HOUR_MS);
  });

  it('is disabled at once when it answers 410', async () => {
    const scene = await HealthScene.make(instances[1]!);
    await scene.deliveriesEnd(410);
    await scene.becomes({ is_active: false, disabled_reason: 'gone', health: { state: 'disabled' } });
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['disabled']));
  });

  it('gets no second notice when the database has forgotten what was announced, because the log has not', async () => {
    const scene = await HealthScene.make(instances[1]!);
    await scene.deliveriesEnd(500);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing']));
    await eventually(async () => {
      const { results } = await scene.call('GET', '/api/v1/webhook-events/?event_type=endpoint.failing');
      expect(results).toHaveLength(1);
    });
    await instances[0]!.query('DELETE FROM endpoint_notices WHERE endpoint_id = $1', [scene.endpoint]);
    await eventually(async () => {
      const rows = await instances[0]!.query('SELECT level FROM endpoint_notices WHERE endpoint_id = $1', [
        scene.endpoint,
      ]);
      expect(rows).toEqual([{ level: 'failing' }]);
    });
    await scene.deliveriesEnd(0);
    await scene.deliveriesEnd(500);
    await eventually(async () => {
      const types = await typesAbout(scene.endpoint);
      expect(types.filter((type) => type === 'failing')).toHaveLength(2);
    });
    const failing = (await noticesAbout(scene.endpoint)).filter(({ type }) => type === 'endpoint.failing');
    expect(new Set(failing.map(({ id }) => id)).size).toBe(2);
  });
});

describe('an instance that is killed while it disables an endpoint', () => {
  const DISABLED = "SELECT FROM endpoint_notices WHERE endpoint_id = $1 AND level = 'disabled'";

  it.each<[string, (obstacle: Obstacle, endpoint: string) => Promise<void>]>([
    [
      'before its decision is stored',
      async (obstacle) => {
        await obstacle.lock('LOCK TABLE endpoint_notices IN SHARE MODE');
        disableAfter(HOUR_MS / 2);
        await obstacle.stops('INSERT INTO endpoint_notices');
      },
    ],
    [
      'before the notice is in Kafka',
      async (obstacle, endpoint) => {
        await obstacle.stopRelay();
        disableAfter(HOUR_MS / 2);
        await obstacle.sees(DISABLED, [endpoint]);
      },
    ],
    [
      'when the notice is in Kafka, before the outbox is empty',
      async (obstacle, endpoint) => {
        await obstacle.stopRelay();
        disableAfter(HOUR_MS / 2);
        await obstacle.sees(DISABLED, [endpoint]);
        await obstacle.lock('SELECT FROM outbox FOR UPDATE');
        await obstacle.letRelayGoOn();
        await obstacle.stops('DELETE FROM outbox');
        expect(await typesAbout(endpoint)).toEqual(['failing', 'disabled']);
      },
    ],
  ])('%s: the next instance goes on, and all happens once', async (_, until) => {
    for (const more of instances.splice(1)) await more.stop();
    const dying = instances[0]!;
    disableAfter(24 * HOUR_MS);
    const scene = await HealthScene.make(dying);
    await scene.deliveriesEnded(Date.now() - HOUR_MS, 500, 500, 500);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing']));
    const obstacle = await Obstacle.on(databaseUrl);
    await until(obstacle, scene.endpoint);
    await obstacle.kill(dying);

    const next = await start();
    instances = [next];
    scene.at(next);
    disableAfter(HOUR_MS / 2);
    await scene.becomes({ is_active: false, disabled_reason: 'failing', health: { state: 'disabled' } });
    await next.of(HealthWatch).look();
    await next.of(OutboxRelay).flush();
    expect(await typesAbout(scene.endpoint)).toEqual(['failing', 'disabled']);
    expect(await scene.disablings()).toHaveLength(1);
    await eventually(async () => {
      const { results } = await scene.call('GET', '/api/v1/webhook-events/?event_type=endpoint.disabled');
      expect(results).toHaveLength(1);
    });
  });
});
