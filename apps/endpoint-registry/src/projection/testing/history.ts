import {
  type Attempt,
  type CanonicalEvent,
  canonicalEventSchema,
  type Delivery,
  deliveryId,
  type DeliveryResult,
  deliveryResultSchema,
  deliverySchema,
  fanOutReportSchema,
  Topics,
} from '@skillora/contracts';
import type { DataSource } from 'typeorm';
import { v5 as uuidv5 } from 'uuid';

import { DAY_MS } from '../partition-range.js';
import type { ProjectedBatch } from '../projector.js';
import { pastTheLog } from '../../testing/past-the-log.js';

type LogRecord = ProjectedBatch['records'][number];

/** The log of one partition. */
export interface PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly records: LogRecord[];
}

export const ORGANIZATION = '7b0c1f2e-5d3a-4c8b-9e6f-0a1b2c3d4e5f';
const NAMESPACE = '2f6a9c1d-8e4b-4f7a-b3c5-d6e7f8091a2b';
/** Long enough ago that a history of two hundred events ends before now. */
export const BEGINNING = Math.floor(Date.now() / DAY_MS - 60) * DAY_MS;
/** The distance between events, so that a history fills several partitions. */
const BETWEEN_EVENTS_MS = 6 * 3_600_000;
const PARTITIONS = 2;

export const iso = (ms: number): string => new Date(ms).toISOString();
export const idOf = (name: string): string => uuidv5(name, NAMESPACE);

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

type Outcome = Partial<Omit<DeliveryResult, 'attempt'>> & { readonly attempt?: Partial<Attempt> | null };

/** Collects records into the partitions their keys choose. */
export class LogBuilder {
  private readonly logs = new Map<string, PartitionLog>();

  /** @param clock when it begins, ms since the epoch. */
  constructor(private clock = BEGINNING) {}

  /** Time passes; ms since the epoch. */
  now(): number {
    this.clock += 37;
    return this.clock;
  }

  /** What follows happens at or after `ms` since the epoch. */
  startAt(ms: number): void {
    this.clock = ms - BETWEEN_EVENTS_MS;
  }

  append(topic: string, key: string, value: Buffer | null): void {
    const single = topic === Topics.endpoints;
    const partition = single ? 0 : Buffer.from(key).reduce((sum, byte) => sum + byte, 0) % PARTITIONS;
    const name = `${topic}/${partition}`;
    let log = this.logs.get(name);
    if (!log) this.logs.set(name, (log = { topic, partition, records: [] }));
    // Offsets have gaps where transactions ended.
    const offset = (log.records.at(-1)?.offset ?? -1n) + (log.records.length % 7 === 6 ? 2n : 1n);
    log.records.push({ key, value, offset, timestamp: this.clock });
  }

  event(name: string, organizationId = ORGANIZATION): CanonicalEvent {
    this.clock += BETWEEN_EVENTS_MS;
    const at = this.now();
    const event: CanonicalEvent = {
      id: idOf(name),
      organizationId,
      eventType: 'interview_completed',
      source: '/interviews',
      sourceId: name,
      occurredAt: iso(at - 5),
      acceptedAt: iso(at),
      body: JSON.stringify({
        event: 'interview.completed',
        data: { interview_id: name, note: 'naïve "quotes" \\ {a,b}' },
      }),
    };
    this.append(Topics.events, organizationId, canonicalEventSchema.encode(event));
    return event;
  }

  delivery(event: CanonicalEvent, endpointId: string): Delivery {
    const at = iso(this.now());
    const delivery: Delivery = {
      deliveryId: deliveryId(event.id, endpointId),
      eventId: event.id,
      endpointId,
      organizationId: event.organizationId,
      eventType: event.eventType,
      createdAt: at,
      round: 0,
      step: 1,
      trigger: 'automatic',
      dueAt: at,
      body: event.body,
    };
    this.deliver(delivery);
    return delivery;
  }

  deliver(delivery: Delivery): void {
    this.append(Topics.deliveries, delivery.endpointId, deliverySchema.encode(delivery));
  }

  /** The fan-out's report of an event and its deliveries. */
  fanOut({ id, organizationId, acceptedAt }: CanonicalEvent, deliveries: readonly Delivery[]): void {
    const event = {
      id,
      acceptedAt,
      part: 0,
      deliveryIds: deliveries.map(({ deliveryId: each }) => each),
      endpointIds: deliveries.map(({ endpointId }) => endpointId),
    };
    const madeAt = deliveries[0]?.createdAt ?? iso(this.now());
    this.append(
      Topics.fanOuts,
      organizationId,
      fanOutReportSchema.encode({ organizationId, madeAt, events: [event] }),
    );
  }

  /** Accepts the same event once more, `later` ms after, and lets the fan-out recognise it. */
  again(event: CanonicalEvent, later: number): void {
    const repetition = { ...event, acceptedAt: iso(Date.parse(event.acceptedAt) + later) };
    this.append(Topics.events, event.organizationId, canonicalEventSchema.encode(repetition));
    this.fanOut(repetition, []);
  }

  /** By default an attempt that was answered 500. */
  result(delivery: Delivery, outcome: Outcome): void {
    const startedAt = this.now();
    const { body, dueAt: _dueAt, ...identity } = delivery;
    const attempt: Attempt = {
      startedAt: iso(startedAt),
      durationMs: 12,
      // Dispatchers of the release before do not record it.
      ...(startedAt % 3 === 0 ? {} : { requestBytes: Buffer.byteLength(body) }),
      responseStatus: 500,
      responseBody: 'oh {no}, "this" \\ NULL',
      error: 'http_status',
      errorDetail: 'The server answered 500.',
      ...(startedAt % 3 === 1 ? {} : evidenceOf(delivery)),
      ...outcome.attempt,
    };
    const result: DeliveryResult = {
      ...identity,
      status: 'retrying',
      error: 'http_status',
      nextRetryAt: null,
      at: iso(this.now()),
      ...outcome,
      attempt: outcome.attempt === null ? null : attempt,
    };
    this.append(Topics.deliveryResults, delivery.deliveryId, deliveryResultSchema.encode(result));
  }

  success(delivery: Delivery): void {
    this.result(delivery, {
      status: 'success',
      error: null,
      attempt: { responseStatus: 200, responseBody: 'ok', error: null, errorDetail: null },
    });
  }

  build(): PartitionLog[] {
    return [...this.logs.values()];
  }
}

/** What a dispatcher of this release adds. */
export function evidenceOf({ round, step }: Delivery) {
  const isFirst = step === 1;
  return {
    number: 4 * round + step,
    url: `https://example.com/hook?round=${round}`,
    endpointVersion: round + 1,
    remoteAddress: '192.0.2.7',
    timingsMs: { dns: isFirst ? 4 : null, connect: isFirst ? 11 : null, tls: null, firstByte: 70 },
    responseHeaders: { 'content-type': 'text/plain; charset=utf-8', 'x-note': 'a: "b" \\ {NULL}, ç' },
    signedWith: isFirst ? ['0a1b2c3d'] : ['ffee0011', '0a1b2c3d'],
  } satisfies Partial<Attempt>;
}

/** A history of some events and endpoints; one of the endpoints is deleted in between. */
export interface History {
  readonly logs: readonly PartitionLog[];
  readonly endpoints: readonly { id: string; deletedAt: number | null }[];
}

/**
 * A history with every kind of record: retries, requested retries, records read twice, ends without an
 * attempt.
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
    if (index === Math.floor(events / 2)) {
      deletedAt = log.now();
      log.append(Topics.endpoints, doomed, null);
    }
    const made = endpoints.map((endpointId) => log.delivery(event, endpointId));
    log.fanOut(event, made);
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
