import {
  canonicalEventSchema,
  deliverySchema,
  fanOutReportSchema,
  Topics,
  type FannedOutEvent,
} from '@skillora/contracts';
import type { DataSource } from 'typeorm';

import { pastTheLog } from '../../testing/past-the-log.js';
import type { ProjectedBatch } from '../projected-work.js';
import { BEGINNING, idOf, iso, LogBuilder, ORGANIZATION, type PartitionLog } from './log-builder.js';

/** A sequence of numbers from 0 up to 1 that a seed determines (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A history of some events and endpoints; one of the endpoints is deleted in between. */
export interface History {
  readonly logs: readonly PartitionLog[];
  readonly endpoints: readonly { id: string; deletedAt: number | null }[];
}

/**
 * A history with every kind of record: retries, requested retries, records read twice, ends without an
 * attempt, events that a filter left out, looks among the events.
 */
export function randomHistory(seed: number, events = 60, beginning = BEGINNING): History {
  const random = randomNumbers(seed);
  const chance = (probability: number): boolean => random() < probability;
  const log = new LogBuilder(beginning);
  const endpoints = [0, 1, 2].map((index) => idOf(`endpoint ${seed} ${index}`));
  const doomed = endpoints[2]!;
  let deletedAt: number | null = null;

  for (let index = 0; index < events; index += 1) {
    const event = log.event(`event ${seed} ${index}`);
    if (chance(0.1)) log.append(Topics.events, ORGANIZATION, canonicalEventSchema.encode(event));
    if (index % 7 === 0) log.look();
    if (index === Math.floor(events / 2)) {
      deletedAt = log.now();
      log.append(Topics.endpoints, doomed, null);
    }
    const madeAt = iso(log.now());
    const made = endpoints.map((endpointId) => log.delivery(event, endpointId, madeAt));
    log.fanOut(event, made, index % 3 === 0 ? [idOf(`filtering ${seed}`)] : []);
    for (let delivery of made) {
      if (chance(0.1)) log.deliver(delivery);
      if (chance(0.1)) continue;
      for (;;) {
        const lastStep = delivery.step === 4;
        if (chance(0.4)) {
          log.success(delivery);
          if (chance(0.1)) log.result(delivery, {});
          break;
        }
        if (chance(0.1)) {
          log.result(delivery, { status: 'failed', error: 'endpoint_inactive', attempt: null });
        } else if (lastStep) {
          log.result(delivery, { status: 'failed' });
        } else {
          const dueAt = iso(log.now() + 60_000);
          log.result(delivery, { nextRetryAt: dueAt });
          delivery = { ...delivery, step: delivery.step + 1, trigger: 'automatic', dueAt };
          if (chance(0.1)) break;
          log.deliver(delivery);
          continue;
        }
        if (chance(0.5) || delivery.round === 2) break;
        delivery = {
          ...delivery,
          round: delivery.round + 1,
          step: 1,
          trigger: 'manual',
          dueAt: iso(log.now()),
        };
        log.deliver(delivery);
        if (chance(0.3)) break;
      }
    }
  }
  return {
    logs: log.build(),
    endpoints: endpoints.map((id) => ({ id, deletedAt: id === doomed ? deletedAt : null })),
  };
}

/** The same logs, had the deliveries been made from the records of their events. */
export function madeInPlace(logs: readonly PartitionLog[]): PartitionLog[] {
  return logs.map(({ topic, partition, records }) => ({
    topic,
    partition,
    records: records.flatMap((record) => {
      if (topic === Topics.deliveries && record.value) {
        const { round, step } = deliverySchema.decode(record.value);
        return round === 0 && step === 1 ? [] : [record];
      }
      if (topic !== Topics.fanOuts || !record.value) return [record];
      const report = fanOutReportSchema.decode(record.value);
      const events = report.events.map((event): FannedOutEvent => ({
        ...event,
        eventType: 'interview_completed',
      }));
      return [{ ...record, value: fanOutReportSchema.encode({ ...report, inPlace: true, events }) }];
    }),
  }));
}

/** Cuts each log into batches and mixes them at random; within a partition the order stays. */
export function interleaved(logs: readonly PartitionLog[], seed: number): ProjectedBatch[] {
  const random = randomNumbers(seed);
  const rest = logs.map(({ topic, partition, records }) => ({ topic, partition, records: [...records] }));
  const batches: ProjectedBatch[] = [];
  for (;;) {
    const open = rest.filter(({ records }) => records.length > 0);
    const log = open[Math.floor(random() * open.length)];
    if (!log) return batches;
    const { topic, partition } = log;
    batches.push({ topic, partition, records: log.records.splice(0, 1 + Math.floor(random() * 40)) });
  }
}

/** Registers the endpoints as the REST API would have, deleted ones included. */
export async function registerEndpoints(
  dataSource: DataSource,
  endpoints: History['endpoints'],
): Promise<void> {
  const organization = 'INSERT INTO organizations (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING';
  await pastTheLog(dataSource, organization, [ORGANIZATION, 'Example']);
  for (const { id, deletedAt } of endpoints) {
    await pastTheLog(
      dataSource,
      `INSERT INTO endpoints (id, organization_id, version, url, events, description, is_active, sealed_secret,
                              created_at, updated_at, deleted_at)
       VALUES ($1, $2, 1, 'https://example.com', '{interview_completed}', '', true, 'sealed', now(), now(), $3)`,
      [id, ORGANIZATION, deletedAt === null ? null : iso(deletedAt)],
    );
  }
}
