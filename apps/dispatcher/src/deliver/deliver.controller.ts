import { type BeforeApplicationShutdown, Controller, Inject } from '@nestjs/common';
import {
  type Delivery,
  deliverySchema,
  type EndpointState,
  Topics,
  type TraceContext,
  traceIds,
} from '@skillora/contracts';
import { BatchHandler, decodeRecord, type RecordBatch, traceOf } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import type { SigningSecrets } from '@skillora/signing';

import { recordAttempt } from '../attempt/attempt-span.js';
import { evidenceOf } from '../attempt/evidence.js';
import { Secrets } from '../attempt/secrets.js';
import { signedRequest } from '../attempt/signed-request.js';
import type { BatchedRecord } from '../batched-record.js';
import { bytesInAttempt } from '../bodies/bytes-in-attempt.js';
import { EventBodies } from '../bodies/event-bodies.js';
import { longestProbeMs } from '../circuit/circuit-breaker.js';
import { Circuits } from '../circuit/circuits.js';
import { SYSTEM_CLOCK } from '../clock.js';
import { AuthorizedPoster } from '../credentials/authorized-poster.js';
import { EndpointOptions, type RequestOptions } from '../credentials/request-options.js';
import { schemaMismatch } from '../dead-letters.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { SlowLane } from '../lanes/slow-lane.js';
import type { WindowSize } from '../lanes/window-shares.js';
import { AttemptGate } from '../queues/attempt-gate.js';
import { HostAddresses } from '../queues/host-addresses.js';
import type { Backlog } from '../queues/backlog.js';
import { RebalanceDrain } from '../queues/rebalance-drain.js';
import { Tenure } from '../queues/tenure.js';
import { ManualRetries } from '../retry/manual-retries.js';
import type { RetrySchedule } from '../retry/schedule.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { idsOf, logEnd } from './attempt-log.js';
import { DeliverEngine } from './deliver-engine.js';
import { DeliverMetrics } from './deliver-metrics.js';
import type {
  DeliverPorts,
  DeliveryOutcome,
  EndedAttemptOutcome,
  Post,
  ReadDelivery,
} from './deliver-ports.js';
import { isAskedFor } from './delivery-work.js';
import { inSlowLane, placeOf, reportOf, REQUEUED_AT_HEADER } from './outcome-records.js';

/** Injection token of this stage's transport. */
export const DELIVER = Symbol('deliver');
export const DELIVER_GROUP = 'deliver';

/** How much of a partition of either lane may be in memory. */
export const DELIVER_WINDOW: WindowSize = { records: 2_000, bytes: 8 * 1_024 * 1_024 };
const TICK_MS = 200;
type Ports = DeliverPorts<BatchedRecord>;

/**
 * The deliver stage: hosts the {@link DeliverEngine}, signs requests, sends them and writes results. The
 * result of an attempt and the commit of its record are one transaction. So a crash repeats only attempts
 * that were in progress, loses nothing, and never leaves two results of one attempt.
 */
@Controller()
export class DeliverController implements BeforeApplicationShutdown {
  private readonly engine: DeliverEngine<BatchedRecord>;
  private readonly ticker: NodeJS.Timeout;
  private readonly schedule: RetrySchedule;
  private readonly secrets: Secrets;
  private readonly options: EndpointOptions;
  private readonly metrics: DeliverMetrics;
  private draining: Promise<number> | null = null;

  constructor(
    @Inject(DISPATCHER_SETTINGS) settings: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer,
    private readonly endpoints: EndpointTable,
    manualRetries: ManualRetries,
    private readonly poster: AuthorizedPoster,
    slowLane: SlowLane,
    private readonly hostAddresses: HostAddresses,
    private readonly gate: AttemptGate,
    drain: RebalanceDrain,
    tenure: Tenure,
    bodies: EventBodies,
  ) {
    const { retryDelaysMs, extendedRetryDelaysMs } = settings;
    // Also for endpoints with the extended schedule: only records of former releases lack the number of
    // their attempt, and those releases had no other schedule.
    this.schedule = retryDelaysMs;
    this.secrets = new Secrets(settings.secretBox);
    this.options = new EndpointOptions(settings.secretBox);
    const circuits = new Circuits(longestProbeMs([...retryDelaysMs, ...extendedRetryDelaysMs]));
    this.engine = new DeliverEngine(
      {
        perEndpoint: settings.endpointConcurrency,
        perHost: settings.hostConcurrency,
        overall: settings.deliveryConcurrency,
        window: DELIVER_WINDOW,
      },
      { standard: retryDelaysMs, extended: extendedRetryDelaysMs },
      {
        clock: SYSTEM_CLOCK,
        endpoints: {
          get: (endpointId) => endpoints.get(endpointId),
          find: (endpointId, version) => this.find(endpointId, version),
          hostsOf: (endpointId) => this.hostsOf(endpointId),
        },
        circuits,
        slowLane,
        bodyOf: (delivery) => bodies.of(delivery),
        supersedes: (delivery) => manualRetries.supersedes(delivery),
        prepare: (...attempt) => this.prepare(...attempt),
        isStale: ({ batch, record }) => batch.isStale(record.offset),
        aloneSince: (partition) => tenure.aloneSince(partition),
        ack: (read, outcome) => this.ack(read, outcome),
        giveUp: ({ batch, record }, error) => batch.giveUp(record.offset, error),
        shared: (endpointId, found) => this.metrics.shared(endpointId, found),
        failed: (read, delivery, error) => this.logFault(read, delivery, error),
      },
    );
    const { queues } = this.engine;
    drain.drains(queues);
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
      const { [REQUEUED_AT_HEADER]: since } = record.headers;
      const requeuedAt = since === undefined ? null : Number(since);
      const restMs = this.engine.takeFromSlowLane({
        ...read,
        place: placeOf(record.headers),
        writtenAt: record.timestamp,
        requeuedAt,
      });
      if (restMs === 0) continue;
      batch.pauseAt(record.offset, restMs);
      break;
    }
    return Promise.resolve();
  }

  /** How far the instance is behind; null once it ends, so that nothing more is matched. */
  get backlog(): Backlog | null {
    return this.draining ? null : this.engine.queues.backlog;
  }

  /** Takes a delivery that is in no topic. */
  take(read: ReadDelivery<BatchedRecord>): void {
    this.engine.takeFromMainLane(read);
  }

  /**
   * Lets attempts end, and then moves to the slow lane what has not ended, see {@link DeliverEngine.handOver}.
   * @param isMoved whether the delivery of a record moves.
   */
  async handOver(isMoved: (read: BatchedRecord) => boolean): Promise<void> {
    await this.drain();
    this.engine.handOver(isMoved);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.ticker);
    const attempts = await this.drain();
    if (attempts > 0) {
      this.logger.warn(
        { attempts },
        'the process ended before some attempts had finished. Another instance repeats these attempts; nothing needs to be done',
      );
    }
  }

  private drain(): Promise<number> {
    return (this.draining ??= this.engine.drain());
  }

  /**
   * Decodes all records before the first one is taken, so that an invalid record ends no attempt in
   * progress.
   */
  private read(batch: RecordBatch): ReadDelivery<BatchedRecord>[] {
    const { partition } = batch;
    return batch.records.flatMap((record) => {
      const delivery = decodeRecord(deliverySchema, record, batch, this.logger);
      if (delivery) {
        return [{ record: { batch, record }, partition, delivery, bytes: bytesInAttempt(record) }];
      }
      batch.giveUp(record.offset, schemaMismatch(deliverySchema));
      return [];
    });
  }

  /** The endpoint of an attempt, once that may begin. */
  private async find(endpointId: string, version: number | undefined): Promise<EndpointState | undefined> {
    const found = await this.endpoints.find(endpointId, version);
    const wait = this.gate.untilOpen();
    if (wait === null) return found;
    await wait;
    return this.endpoints.get(endpointId);
  }

  /** An error here would also occur in the attempt, which reports it. Here it must not end the batch. */
  private hostsOf(endpointId: string): readonly string[] {
    try {
      return this.hostAddresses.hostsOf(this.endpoints.get(endpointId));
    } catch {
      return this.hostAddresses.hostsOf(undefined);
    }
  }

  private prepare(...[read, delivery, endpoint, turn, body]: Parameters<Ports['prepare']>): Post | null {
    const opened = this.secretsOf(endpoint, read, delivery);
    if (opened === null) return null;
    const { secrets, options } = opened;
    const evidence = evidenceOf(delivery, endpoint, secrets, this.schedule, options.headerNames);
    return async () => {
      const startedAt = new Date();
      const sent = { ...delivery, body };
      const signed = signedRequest(sent, endpoint, secrets, startedAt, evidence.number, options.headers);
      const request = { ...signed, onSent: turn.onSent };
      const asked = isAskedFor(delivery);
      const { another } = turn;
      const attempt = { endpointId: endpoint.id, options, request, asked, another };
      const outcome = await this.poster.post(attempt);
      this.metrics.attempted(endpoint.id, outcome);
      return { ...evidence, ...outcome, startedAt };
    };
  }

  private secretsOf(
    endpoint: EndpointState,
    { record }: BatchedRecord,
    delivery: Delivery,
  ): { readonly secrets: SigningSecrets; readonly options: RequestOptions } | null {
    try {
      return { secrets: this.secrets.of(endpoint, new Date()), options: this.options.of(endpoint) };
    } catch (error) {
      this.logger.error(
        { err: error, ...idsOf(delivery), ...traceIds(traceOf(record)) },
        'a secret of an endpoint cannot be opened, so requests to this endpoint cannot be made. Add the key that the secret was sealed with to SECRETS_KEY, after the newest key',
      );
      return null;
    }
  }

  private ack(read: BatchedRecord, outcome: DeliveryOutcome): void {
    const { batch, record } = read;
    switch (outcome.kind) {
      case 'superseded':
        batch.ack(record.offset);
        return;
      case 'to-slow-lane':
        this.metrics.toSlowLane(outcome.from);
        batch.ack(record.offset, [inSlowLane(read, outcome)]);
        return;
      case 'ended': {
        const trace = this.traceOfAttempt(read, outcome);
        batch.ack(record.offset, reportOf(trace, outcome));
        this.metrics.decided(outcome.result);
        if (this.logger.isLevelEnabled('debug')) logEnd(this.logger, outcome, trace);
      }
    }
  }

  /** The result and the retry belong to the attempt's span if there is one, else to the delivery's trace. */
  private traceOfAttempt({ record }: BatchedRecord, ended: EndedAttemptOutcome): TraceContext {
    const parent = traceOf(record);
    if (!this.tracer.isRecording) return parent;
    const { delivery, result, posted, from: lane } = ended;
    const url = this.endpoints.get(delivery.endpointId)?.url;
    return recordAttempt(this.tracer, { delivery, parent, result, posted, lane, url });
  }

  private logFault({ record }: BatchedRecord, delivery: Delivery, error: unknown): void {
    this.metrics.impossible();
    this.logger.error(
      { err: error, ...idsOf(delivery), ...traceIds(traceOf(record)) },
      'a delivery could not be attempted because of a fault in our code. The dispatcher tries again in a moment. After ten faults that the record causes, it counts as a failed attempt. Report the error',
    );
  }
}
