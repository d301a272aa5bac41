import { type NoticeType, Topics } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { createKafka, readPartition } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import { DataSource } from 'typeorm';

import { LogBuilder } from '../projection/testing/log-builder.js';
import { rebuildProjection } from '../projection/rebuild/rebuild.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { RunningRegistry } from '../testing/running-registry.js';

const PATH = '/api/v1/webhook-endpoints/';
const logger = createLogger('health-test', 'silent');
const kafka = createKafka({
  brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
  clientId: 'health-test',
  logger,
});
const FAILURES = 3;
const HOUR_MS = 3_600_000;

/** Two instances of the service on one database. */
let instances: [RunningRegistry, RunningRegistry];

beforeAll(async () => {
  const env = {
    DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
    ENDPOINT_FAILING_AFTER: '1s',
    ENDPOINT_DISABLE_AFTER: '1d',
    ENDPOINT_DISABLE_FAILURES: String(FAILURES),
  };
  instances = [await RunningRegistry.start(env), await RunningRegistry.start(env)];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

/**
 * Both instances disable after this time. A test that changes it waits for no time to pass, so each state lasts until
 * the test goes on.
 */
function disableAfter(disableAfterMs: number): void {
  for (const each of instances)
    Object.assign(each.of<RegistrySettings>(REGISTRY_SETTINGS), { disableAfterMs });
}

interface Notice {
  readonly id: string;
  readonly type: NoticeType;
  readonly source: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** All CloudEvents about an endpoint on the public topic, in the order of writing. */
async function noticesAbout(endpoint: string): Promise<Notice[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(Topics.notices).finally(() => admin.disconnect());
  const found: Notice[] = [];
  for (const { partition, high } of ends.filter(({ low, high }) => low !== high)) {
    const range = { topic: Topics.notices, partition, from: 0n, until: BigInt(high) };
    await readPartition(
      kafka,
      range,
      ({ value }) => {
        const notice = JSON.parse(String(value)) as Notice;
        if (notice.data['endpoint_id'] === endpoint) found.push(notice);
        return 'go-on';
      },
      20_000,
    );
  }
  return found;
}

const typesAbout = async (endpoint: string): Promise<string[]> =>
  (await noticesAbout(endpoint)).map(({ type }) => type.replace('endpoint.', ''));

/** A customer with one endpoint, whose deliveries end as the test says. */
class Scene {
  private made = 0;

  private constructor(
    readonly organization: string,
    readonly endpoint: string,
    private readonly token: string,
  ) {}

  static async make(): Promise<Scene> {
    const [registry] = instances;
    const organization = await registry.organization();
    const scopes = ['endpoints:read', 'endpoints:write', 'audit:read', 'deliveries:read'] as const;
    const { token } = await registry.token(organization, [...scopes]);
    const body = { url: 'https://receiver.example.com/hook', events: ['interview_completed'] };
    const { body: made } = await registry.call('POST', PATH, token, body);
    return new Scene(organization, (made as { id: string }).id, token);
  }

  /** Deliveries end now, one after the other, with these answers: 0 for a success. */
  deliveriesEnd(...statuses: readonly number[]): Promise<void> {
    return this.deliveriesEnded(Date.now() - 100, ...statuses);
  }

  /** As {@link deliveriesEnd}, but at another time, ms since the epoch. */
  async deliveriesEnded(at: number, ...statuses: readonly number[]): Promise<void> {
    const log = new LogBuilder(at - 6 * HOUR_MS);
    for (const [index, responseStatus] of statuses.entries()) {
      const name = `${this.endpoint}/${(this.made += 1)}`;
      log.startAt(at + index);
      const delivery = log.delivery(log.event(name, this.organization), this.endpoint);
      if (responseStatus === 0) log.success(delivery);
      else log.result(delivery, { status: 'failed', attempt: { responseStatus } });
    }
    await instances[0].happened(log);
  }

  async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const { body: answer } = await instances[1].call(method, path, this.token, body);
    return answer as Record<string, unknown>;
  }

  view(): Promise<Record<string, unknown>> {
    return this.call('GET', `${PATH}${this.endpoint}/`);
  }

  becomes(expected: object): Promise<void> {
    return eventually(async () => expect(await this.view()).toMatchObject(expected));
  }

  async disablings(): Promise<unknown[]> {
    const { results } = await this.call(
      'GET',
      `/api/v1/audit/changes/?action=endpoint.disabled&object_id=${this.endpoint}`,
    );
    return results as unknown[];
  }
}

describe('an endpoint whose deliveries fail, with two instances that look', () => {
  it('is announced, disabled once, switched on again, and stays as it is after a rebuild', async () => {
    const scene = await Scene.make();
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
      ...{ dataSource: instances[0].of(DataSource), kafka, logger, retentionDays: 90 },
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
    const scene = await Scene.make();
    await scene.deliveriesEnd(503);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing']));
    await scene.deliveriesEnd(0);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing', 'recovered']));
    expect(await scene.view()).toMatchObject({
      health: { state: 'healthy', failing_since: null, consecutive_failures: 0 },
    });
  });

  it('is disabled at once when it answers 410', async () => {
    const scene = await Scene.make();
    await scene.deliveriesEnd(410);
    await scene.becomes({ is_active: false, disabled_reason: 'gone', health: { state: 'disabled' } });
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['disabled']));
  });

  it('gets no second notice when the database has forgotten what was announced, because the log has not', async () => {
    const scene = await Scene.make();
    await scene.deliveriesEnd(500);
    await eventually(async () => expect(await typesAbout(scene.endpoint)).toEqual(['failing']));
    await eventually(async () => {
      const { results } = await scene.call('GET', '/api/v1/webhook-events/?event_type=endpoint.failing');
      expect(results).toHaveLength(1);
    });
    await instances[0].query('DELETE FROM endpoint_notices WHERE endpoint_id = $1', [scene.endpoint]);
    await eventually(async () => {
      const rows = await instances[0].query('SELECT level FROM endpoint_notices WHERE endpoint_id = $1', [
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
