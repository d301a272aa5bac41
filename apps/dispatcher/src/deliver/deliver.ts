import { type BeforeApplicationShutdown, Controller, Inject } from '@nestjs/common';
import {
  type Delivery,
  deliveryResultSchema,
  deliverySchema,
  type EndpointState,
  recordHeaders,
  Topics,
  type TraceContext,
  traceIds,
} from '@skillora/contracts';
import { BatchHandler, decodeRecord, type OutgoingRecord, type RecordBatch, traceOf } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import type { SigningSecrets } from '@skillora/signing';

import type { BatchedRecord } from '../batched-record.js';
import { SYSTEM_CLOCK } from '../clock.js';
import { foreign } from '../dead-letters.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { ManualRetries } from '../retry/manual-retries.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { recordAttempt } from './attempt-span.js';
import { longestProbeMs } from './circuit-breaker.js';
import { Circuits } from './circuits.js';
import { DeliverEngine } from './deliver-engine.js';
import { DeliverMetrics } from './deliver-metrics.js';
import type { DeliveryOutcome, EndedAttemptOutcome, Post, ReadDelivery } from './deliver-ports.js';
import { Handover } from './handover.js';
import { HostAddresses } from './host-addresses.js';
import { WebhookPoster } from './post/webhook-poster.js';
import { Secrets } from './secrets.js';
import { signedRequest } from './signed-request.js';
import { SlowLane } from './slow-lane.js';

/** Injection token of this stage's transport. */
export const DELIVER = Symbol('deliver');
export const DELIVER_GROUP = 'deliver';

/** Says when a delivery was last put at the end of the slow lane, ms since the epoch. */
const GOES_ROUND_HEADER = 'goes-round-since';
/** Header: which owner of the partition put the delivery there, see {@link SlowLane.goes}. */
const MARK_HEADER = 'slow-lane-mark';
const TICK_MS = 200;

/**
 * Hosts the {@link DeliverEngine}: signs, posts and reports. What became of a delivery is written in the transaction that
 * says its record is done, so that a crash repeats what was in flight, loses nothing, and never leaves two results of one
 * attempt.
 */
@Controller()
export class Deliver implements BeforeApplicationShutdown {
  private readonly engine: DeliverEngine<BatchedRecord>;
  private readonly ticker: NodeJS.Timeout;
  private readonly secrets: Secrets;
  private readonly metrics: DeliverMetrics;

  constructor(
    @Inject(DISPATCHER_SETTINGS) settings: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer | null,
    private readonly endpoints: EndpointTable,
    manualRetries: ManualRetries,
    private readonly poster: WebhookPoster,
    slowLane: SlowLane,
    private readonly hostAddresses: HostAddresses,
    handover: Handover,
  ) {
    const { retryDelaysMs, endpointConcurrency, hostConcurrency, deliveryConcurrency } = settings;
    this.secrets = new Secrets(settings.secretBox);
    const circuits = new Circuits(longestProbeMs(retryDelaysMs));
    this.engine = new DeliverEngine(
      { perEndpoint: endpointConcurrency, perHost: hostConcurrency, overall: deliveryConcurrency },
      retryDelaysMs,
      {
        clock: SYSTEM_CLOCK,
        endpoints: {
          get: (endpointId) => endpoints.get(endpointId),
          find: (endpointId, version) => endpoints.find(endpointId, version),
          hostsOf: (endpointId) => this.hostsOf(endpointId),
        },
        circuits,
        slowLane,
        supersedes: (delivery) => manualRetries.supersedes(delivery),
        prepare: (read, delivery, endpoint) => this.prepare(read, delivery, endpoint),
        isStale: ({ batch }) => batch.isStale(),
        ack: (read, outcome) => this.ack(read, outcome),
        giveUp: ({ batch, record }, error) => batch.giveUp(record.offset, error),
        shared: (endpointId, found) => this.metrics.shared(endpointId, found),
        failed: (read, delivery, error) => this.logFault(read, delivery, error),
      },
    );
    const { queues } = this.engine;
    handover.holds(queues);
    this.ticker = setInterval(() => this.engine.tick(), TICK_MS);
    this.ticker.unref();
    this.metrics = new DeliverMetrics(queues, circuits, slowLane);
  }

  @BatchHandler(Topics.deliveries, DELIVER)
  onDeliveries(batch: RecordBatch): Promise<void> {
    for (const read of this.read(batch)) this.engine.takeFromMainLane(read);
    return Promise.resolve();
  }

  @BatchHandler(Topics.slowDeliveries, DELIVER)
  onSlowDeliveries(batch: RecordBatch): Promise<void> {
    for (const read of this.read(batch)) {
      const { record } = read.record;
      const { [GOES_ROUND_HEADER]: since, [MARK_HEADER]: mark } = record.headers;
      const goesRoundSince = since === undefined ? null : Number(since);
      const restMs = this.engine.takeFromSlowLane({
        ...read,
        mark,
        writtenAt: record.timestamp,
        goesRoundSince,
      });
      if (restMs === 0) continue;
      batch.putOff(record.offset, restMs);
      break;
    }
    return Promise.resolve();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.ticker);
    const attempts = await this.engine.drain();
    if (attempts > 0) {
      this.logger.warn({ attempts }, 'attempts cut off by the end of the process; another copy repeats them');
    }
  }

  /** All are read before the first is taken: what one of them throws concerns none that is under way. */
  private read(batch: RecordBatch): ReadDelivery<BatchedRecord>[] {
    const { partition } = batch;
    return batch.records.flatMap((record) => {
      const delivery = decodeRecord(deliverySchema, record, batch, this.logger);
      if (delivery) {
        return [{ record: { batch, record }, partition, delivery, bytes: record.value?.length ?? 0 }];
      }
      batch.giveUp(record.offset, foreign(deliverySchema));
      return [];
    });
  }

  /** What fails here fails in the attempt as well, which reports it; here it must not end the batch. */
  private hostsOf(endpointId: string): readonly string[] {
    try {
      return this.hostAddresses.hostsOf(this.endpoints.get(endpointId));
    } catch {
      return this.hostAddresses.hostsOf(undefined);
    }
  }

  private prepare(read: BatchedRecord, delivery: Delivery, endpoint: EndpointState): Post | null {
    const secrets = this.secretsOf(endpoint, read, delivery);
    if (secrets === null) return null;
    return async () => {
      const outcome = await this.poster.post(signedRequest(delivery, endpoint, secrets, new Date()));
      this.metrics.attempted(endpoint.id, outcome);
      return outcome;
    };
  }

  private secretsOf(
    endpoint: EndpointState,
    { record }: BatchedRecord,
    delivery: Delivery,
  ): SigningSecrets | null {
    try {
      return this.secrets.of(endpoint, new Date());
    } catch (error) {
      this.logger.error(
        { err: error, ...idsOf(delivery), ...traceIds(traceOf(record)) },
        'the secret of an endpoint cannot be opened, so nothing can be signed for it. Give SECRETS_KEY the key it was sealed with, beside the new one',
      );
      return null;
    }
  }

  private ack(read: BatchedRecord, outcome: DeliveryOutcome): void {
    const { batch, record } = read;
    switch (outcome.kind) {
      case 'superseded':
        batch.done(record.offset);
        return;
      case 'to-slow-lane':
        this.metrics.toSlowLane(outcome.from);
        batch.done(record.offset, [inSlowLane(read, outcome)]);
        return;
      case 'ended': {
        const trace = this.traceOfAttempt(read, outcome);
        batch.done(record.offset, reportOf(trace, outcome));
        this.metrics.decided(outcome.result);
        if (this.logger.isLevelEnabled('debug')) this.tell(outcome, trace);
      }
    }
  }

  /** What comes of an attempt belongs to its span, where there is one, else to the trace of its delivery. */
  private traceOfAttempt({ record }: BatchedRecord, ended: EndedAttemptOutcome): TraceContext {
    const parent = traceOf(record);
    if (this.tracer === null) return parent;
    const { delivery, result, posted, from: lane } = ended;
    const url = this.endpoints.get(delivery.endpointId)?.url;
    return recordAttempt(this.tracer, { delivery, parent, result, posted, lane, url });
  }

  private tell({ delivery, result }: EndedAttemptOutcome, trace: TraceContext): void {
    const { status, error, attempt } = result;
    this.logger.debug(
      {
        ...idsOf(delivery),
        ...traceIds(trace),
        round: delivery.round,
        step: delivery.step,
        status,
        error,
        responseStatus: attempt?.responseStatus ?? null,
        durationMs: attempt?.durationMs ?? null,
      },
      'an attempt has ended',
    );
  }

  private logFault({ record }: BatchedRecord, delivery: Delivery, error: unknown): void {
    this.metrics.impossible();
    this.logger.error(
      { err: error, ...idsOf(delivery), ...traceIds(traceOf(record)) },
      'a delivery could not be attempted for a fault of ours; it is tried again in a moment, and after ten times takes its turn in the schedule as a failed attempt. Report the error',
    );
  }
}

/** A delivery as it is written to the end of the slow lane. */
function inSlowLane(
  { record }: BatchedRecord,
  { delivery, mark, goesRoundSince }: Extract<DeliveryOutcome, { kind: 'to-slow-lane' }>,
): OutgoingRecord {
  return {
    topic: Topics.slowDeliveries,
    key: delivery.endpointId,
    value: record.value,
    headers: {
      ...recordHeaders(deliverySchema, traceOf(record)),
      [MARK_HEADER]: mark,
      ...(goesRoundSince === null ? {} : { [GOES_ROUND_HEADER]: String(goesRoundSince) }),
    },
  };
}

/** What is written for an attempt that ended: its result, and the next attempt if there is to be one. */
function reportOf(trace: TraceContext, { result, next }: EndedAttemptOutcome): OutgoingRecord[] {
  const records: OutgoingRecord[] = [];
  if (next) {
    records.push({
      topic: next.topic,
      key: next.delivery.endpointId,
      value: deliverySchema.encode(next.delivery),
      headers: recordHeaders(deliverySchema, trace),
    });
  }
  records.push({
    topic: Topics.deliveryResults,
    key: result.deliveryId,
    value: deliveryResultSchema.encode(result),
    headers: recordHeaders(deliveryResultSchema, trace),
  });
  return records;
}

/** The fields that identify a delivery in a log line. */
function idsOf({ eventId, deliveryId, endpointId }: Delivery) {
  return { event: eventId, delivery: deliveryId, endpoint: endpointId };
}
