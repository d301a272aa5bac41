import { type NoticeType, Topics } from '@skillora/contracts';
import { createKafka, readPartition } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';

import { LogBuilder } from '../../projection/testing/log-builder.js';
import type { RunningRegistry } from '../../testing/running-registry.js';

const HOUR_MS = 3_600_000;
/** Only a topic from which nothing comes takes so long. */
const READ_LIMIT_MS = 300_000;
const PATH = '/api/v1/webhook-endpoints/';
const kafka = createKafka({
  brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
  clientId: 'health-test',
  logger: createLogger('health-test', 'silent'),
});

/** A CloudEvent on the public topic of notices. */
export interface Notice {
  readonly id: string;
  readonly type: NoticeType;
  readonly source: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** All CloudEvents about an endpoint on the public topic, in the order of writing. */
export async function noticesAbout(endpoint: string): Promise<Notice[]> {
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
      READ_LIMIT_MS,
    );
  }
  return found;
}

/** The types of these CloudEvents, without `endpoint.`. */
export const typesAbout = async (endpoint: string): Promise<string[]> =>
  (await noticesAbout(endpoint)).map(({ type }) => type.replace('endpoint.', ''));

/** A customer with one endpoint, whose deliveries end as the test says. */
export class HealthScene {
  private made = 0;

  private constructor(
    /** The instance that is called. */
    private registry: RunningRegistry,
    readonly organization: string,
    readonly endpoint: string,
    private readonly token: string,
  ) {}

  static async make(registry: RunningRegistry): Promise<HealthScene> {
    const organization = await registry.organization();
    const scopes = ['endpoints:read', 'endpoints:write', 'audit:read', 'deliveries:read'] as const;
    const { token } = await registry.token(organization, [...scopes]);
    const body = { url: 'https://receiver.example.com/hook', events: ['interview_completed'] };
    const { body: made } = await registry.call('POST', PATH, token, body);
    return new HealthScene(registry, organization, (made as { id: string }).id, token);
  }

  /** From now on this instance is called. */
  at(registry: RunningRegistry): void {
    this.registry = registry;
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
    await this.registry.happened(log);
    // Results are in several partitions: a success may be read after the failures that came later.
    await this.registry.applied();
  }

  async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const { body: answer } = await this.registry.call(method, path, this.token, body);
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
