import {
  bodyBytes,
  type Attempt,
  type CanonicalEvent,
  canonicalEventSchema,
  type Delivery,
  deliveryId,
  type DeliveryResult,
  deliveryResultSchema,
  deliverySchema,
  endpointsLookSchema,
  fanOutReportSchema,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import { v5 as uuidv5 } from 'uuid';

import { DAY_MS } from '../partition-range.js';
import type { ProjectedBatch } from '../projected-work.js';

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

  append(topic: string, key: string, value: Buffer | null, headers: LogRecord['headers'] = {}): void {
    const single = topic === Topics.endpoints;
    const partition = single ? 0 : Buffer.from(key).reduce((sum, byte) => sum + byte, 0) % PARTITIONS;
    const name = `${topic}/${partition}`;
    let log = this.logs.get(name);
    if (!log) this.logs.set(name, (log = { topic, partition, records: [] }));
    // Offsets have gaps where transactions ended.
    const offset = (log.records.at(-1)?.offset ?? -1n) + (log.records.length % 7 === 6 ? 2n : 1n);
    log.records.push({ key, value, headers, offset, timestamp: this.clock });
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
    this.accept(event);
    return event;
  }

  /** Accepts an event as it is. */
  accept(event: CanonicalEvent): void {
    this.append(Topics.events, event.organizationId, canonicalEventSchema.encode(event));
  }

  /** A look among the events, in the partition of an organisation. */
  look(organizationId = ORGANIZATION): void {
    const look = endpointsLookSchema.encode({ writtenAt: iso(this.now()) });
    this.append(Topics.events, organizationId, look, recordHeaders(endpointsLookSchema));
  }

  delivery(event: CanonicalEvent, endpointId: string, at = iso(this.now())): Delivery {
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

  /** The fan-out's report of an event, its deliveries, and the endpoints whose filter left it out. */
  fanOut(
    { id, organizationId, acceptedAt, eventType }: CanonicalEvent,
    deliveries: readonly Delivery[],
    filtered: readonly string[] = [],
    madeAt = deliveries[0]?.createdAt ?? iso(this.now()),
  ): void {
    const event = {
      id,
      acceptedAt,
      part: 0,
      deliveryIds: deliveries.map(({ deliveryId: each }) => each),
      endpointIds: deliveries.map(({ endpointId }) => endpointId),
      ...(filtered.length === 0 ? {} : { eventType, filteredEndpointIds: filtered }),
    };
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
    const { body: _body, dueAt: _dueAt, ...identity } = delivery;
    const attempt: Attempt = {
      startedAt: iso(startedAt),
      durationMs: 12,
      // Dispatchers of the release before do not record it.
      ...(startedAt % 3 === 0 ? {} : { requestBytes: bodyBytes(delivery) }),
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
    headerNames: ['X-Gateway', 'Authorization'],
    signedWith: isFirst ? ['0a1b2c3d'] : ['ffee0011', '0a1b2c3d'],
  } satisfies Partial<Attempt>;
}
