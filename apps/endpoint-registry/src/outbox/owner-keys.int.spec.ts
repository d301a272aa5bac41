import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { type Delivery, deliverySchema, RecordSchemaError, SCOPES, Topics } from '@skillora/contracts';
import { createKafka, partitionOfKey, readPartition } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Admin } from 'kafkajs';

import { LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { RunningRegistry } from '../testing/running-registry.js';

/** Only a topic from which nothing comes takes so long. */
const READ_LIMIT_MS = 300_000;

const kafka = createKafka({
  brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
  clientId: 'owner-keys-test',
  logger: createLogger('owner-keys-test', 'silent'),
});

const admin: Admin = kafka.admin();
let registry: RunningRegistry;

beforeAll(() => admin.connect());

afterEach(() => registry.stop());

afterAll(() => admin.disconnect());

/** The partitions of a topic, each with its records up to now. */
async function rangesOf(topic: string) {
  let offsets: Awaited<ReturnType<Admin['fetchTopicOffsets']>> = [];
  // Topics that were just made have no leaders for a moment.
  await eventually(async () => void (offsets = await admin.fetchTopicOffsets(topic)));
  return offsets.map(({ partition, low, high }) => ({
    topic,
    partition,
    from: BigInt(low),
    until: BigInt(high),
  }));
}

/** The partitions of the records that ask for a delivery. */
async function placesOf(deliveryId: string): Promise<number[]> {
  const places: number[] = [];
  for (const range of await rangesOf(Topics.deliveries)) {
    const take = ({ value }: { value: Buffer | null }): 'go-on' => {
      if (isAskedFor(value, deliveryId)) places.push(range.partition);
      return 'go-on';
    };
    await readPartition(kafka, range, take, READ_LIMIT_MS);
  }
  return places;
}

/** Specs share the topics of their worker, so a record may be of any form. */
function isAskedFor(value: Buffer | null, deliveryId: string): boolean {
  try {
    const delivery: Delivery | null = value && deliverySchema.decode(value);
    return delivery?.deliveryId === deliveryId && delivery.trigger === 'manual';
  } catch (error) {
    if (error instanceof RecordSchemaError) return false;
    throw error;
  }
}

/** An organisation, and an endpoint of it that has another partition. */
async function apart(partitions: number) {
  const organization = await registry.organization();
  const { token } = await registry.token(organization, SCOPES);
  for (;;) {
    const { body } = await registry.call('POST', '/api/v1/webhook-endpoints/', token, ENDPOINT);
    const { id } = body as { id: string };
    if (partitionOfKey(id, partitions) !== partitionOfKey(organization, partitions))
      return { organization, token, endpoint: id };
  }
}

describe('a delivery that a person asks for', () => {
  it.each([
    { isOneHop: 'true', owner: 'organization' },
    { isOneHop: 'false', owner: 'endpoint' },
  ] as const)('goes to the partition of its $owner if one hop is $isOneHop', async ({ isOneHop, owner }) => {
    registry = await RunningRegistry.start({ ONE_HOP: isOneHop });
    const { length: count } = await rangesOf(Topics.deliveries);
    expect(await rangesOf(Topics.events)).toHaveLength(count);
    const { token, ...owners } = await apart(count);
    const log = new LogBuilder(Date.now() - 60_000);
    const delivery = log.delivery(log.event(randomUUID(), owners.organization), owners.endpoint);
    log.result(delivery, { status: 'failed' });
    await registry.happened(log);
    await eventually(async () => {
      const path = `/api/v1/webhook-deliveries/${delivery.deliveryId}/retry/`;
      expect((await registry.call('POST', path, token)).status).toBe(202);
    });
    // Kafka shows what a transaction has committed a moment after it has answered that.
    await eventually(async () => {
      expect(await placesOf(delivery.deliveryId)).toEqual([partitionOfKey(owners[owner], count)]);
    });
  });
});
