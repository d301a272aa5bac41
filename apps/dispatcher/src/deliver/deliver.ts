import { type BeforeApplicationShutdown, Controller, Inject } from '@nestjs/common';
import {
  type Attempt,
  type Delivery,
  deliveryResultSchema,
  deliverySchema,
  type EndpointState,
  recordHeaders,
  retryTopic,
  TEST_EVENT_TYPE,
  Topics,
  type TraceContext,
  traceIds,
} from '@skillora/contracts';
import {
  BatchHandler,
  decodeRecord,
  isRecordFault,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  traceOf,
} from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import type { SigningSecrets } from '@skillora/signing';

import { foreign } from '../dead-letters.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { ManualRetries } from '../retry/manual-retries.js';
import { delayTopicFor } from '../retry/schedule.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { recordAttempt } from './attempt-span.js';
import { type Decision, decideAfterAttempt, decideWithoutAttempt } from './decide.js';
import { longestProbeMs, type Passage } from './circuit-breaker.js';
import { Circuits } from './circuits.js';
import { connectFailure, effectOf, sharedFailure } from './connect-failure.js';
import { DeliverMetrics } from './deliver-metrics.js';
import type { QueuedWork } from './endpoint-queue.js';
import { EndpointQueues } from './endpoint-queues.js';
import { evidenceOf } from './evidence.js';
import { Handover } from './handover.js';
import { HostAddresses } from './host-addresses.js';
import { chooseInMainLane, chooseInSlowLane, type GoneRound, goneRoundAfter } from './lane-choice.js';
import type { AttemptEffect } from './pace.js';
import { WebhookPoster } from './post/webhook-poster.js';
import { Secrets } from './secrets.js';
import { signedRequest } from './signed-request.js';
import { SlowLane } from './slow-lane.js';

/** Injection token of this stage's transport. */
export const DELIVER = Symbol('deliver');
export const DELIVER_GROUP = 'deliver';

interface Work extends QueuedWork {
  readonly delivery: Delivery;
  readonly record: ReceivedRecord;
  readonly batch: RecordBatch;
  /** How often the delivery could not be attempted because of a fault in our code. */
  failures: number;
}

/** Header: when a delivery was last put at the end of the slow lane, ms since the epoch. */
const GOES_ROUND_HEADER = 'goes-round-since';
/** Header: which owner of the partition put the delivery there, see {@link SlowLane.goes}. */
const MARK_HEADER = 'slow-lane-mark';
const TICK_MS = 200;

/**
 * The deliver stage: signs requests, sends them and reports results. The result of an attempt and the commit
 * of its record are one transaction. So a crash repeats only attempts that were in progress, loses nothing,
 * and never leaves two results of one attempt.
 */
@Controller()
export class Deliver implements BeforeApplicationShutdown {
  private readonly queues: EndpointQueues<Work>;
  private readonly circuits: Circuits;
  /** How many deliveries were lately moved to the end of the slow lane, by partition. */
  private readonly goneRound = new Map<number, GoneRound>();
  private readonly ticker: NodeJS.Timeout;
  private readonly secrets: Secrets;
  private readonly metrics: DeliverMetrics;

  constructor(
    @Inject(DISPATCHER_SETTINGS) private readonly settings: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer | null,
    private readonly endpoints: EndpointTable,
    private readonly manualRetries: ManualRetries,
    private readonly poster: WebhookPoster,
    private readonly slowLane: SlowLane,
    private readonly hostAddresses: HostAddresses,
    handover: Handover,
  ) {
    this.secrets = new Secrets(settings.secretBox);
    this.circuits = new Circuits(longestProbeMs(settings.retryDelaysMs));
    this.queues = new EndpointQueues(
      {
        perEndpoint: settings.endpointConcurrency,
        perHost: settings.hostConcurrency,
        overall: settings.deliveryConcurrency,
      },
      {
        begin: (work, isUrgent) => this.attempt(work, isUrgent),
        hostsOf: (endpointId) => this.hostsOf(endpointId),
        clock: () => performance.now(),
      },
    );
    handover.holds(this.queues);
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    this.ticker.unref();
    this.metrics = new DeliverMetrics(this.queues, this.circuits, slowLane);
  }

  @BatchHandler(Topics.deliveries, DELIVER)
  onDeliveries(batch: RecordBatch): Promise<void> {
    // All records are decoded before the first one is taken, so that an invalid record ends no attempt in
    // progress.
    for (const work of batch.records.map((record) => this.workOf(batch, record))) {
      if (!work) continue;
      const { endpointId, urgent } = work;
      const inLane = { partition: batch.partition, endpointId, urgent };
      const choice = chooseInMainLane(inLane, this.queues, this.slowLane);
      if (choice.kind === 'take') this.queues.push(work);
      else this.sendToSlowLane(work);
    }
    return Promise.resolve();
  }

  @BatchHandler(Topics.slowDeliveries, DELIVER)
  onSlowDeliveries(batch: RecordBatch): Promise<void> {
    for (const work of batch.records.map((record) => this.workOf(batch, record))) {
      if (!work) continue;
      const { endpointId, record } = work;
      const { partition } = batch;
      const { [GOES_ROUND_HEADER]: since, [MARK_HEADER]: mark } = record.headers;
      const inLane = {
        partition,
        endpointId,
        mark,
        writtenAt: record.timestamp,
        goesRoundSince: since === undefined ? null : Number(since),
      };
      const gone = this.goneRound.get(partition);
      const choice = chooseInSlowLane(inLane, this.queues, this.slowLane, gone, Date.now());
      if (choice.kind === 'put-off') {
        batch.putOff(record.offset, choice.ms);
        break;
      }
      this.slowLane.comes(partition, endpointId, mark);
      if (choice.kind === 'take') this.queues.push(work);
      else this.sendToSlowLane(work);
    }
    return Promise.resolve();
  }

  /**
   * Begins no further attempts and lets those in progress end. Deliveries that wait in memory are still in
   * Kafka for the next owner.
   */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.ticker);
    this.queues.stop();
    const deadline = Date.now() + DRAIN_LIMIT_MS;
    while (this.queues.underWay > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (this.queues.underWay > 0) {
      this.logger.warn(
        { attempts: this.queues.underWay },
        'the process ended before some attempts had finished. Another instance repeats these attempts; nothing needs to be done',
      );
    }
  }

  /** An error here would also occur in the attempt, which reports it. Here it must not end the batch. */
  private hostsOf(endpointId: string): readonly string[] {
    try {
      return this.hostAddresses.hostsOf(this.endpoints.get(endpointId));
    } catch {
      return this.hostAddresses.hostsOf(undefined);
    }
  }

  private tick(): void {
    for (const work of this.queues.tick()) this.sendToSlowLane(work);
    this.circuits.forgetUnused(Date.now());
  }

  private workOf(batch: RecordBatch, record: ReceivedRecord): Work | null {
    const delivery = decodeRecord(deliverySchema, record, batch, this.logger);
    if (!delivery) {
      batch.giveUp(record.offset, foreign(deliverySchema));
      return null;
    }
    const { endpointId, organizationId } = delivery;
    // A delivery that was moved to the slow lane waits there like all others.
    const urgent = batch.topic === Topics.deliveries && isAskedFor(delivery);
    const bytes = record.value?.length ?? 0;
    return { endpointId, organizationId, urgent, bytes, delivery, record, batch, failures: 0 };
  }

  private sendToSlowLane({ endpointId, record, batch }: Work): void {
    if (batch.isStale()) return;
    const again = batch.topic === Topics.slowDeliveries;
    const now = Date.now();
    if (again) this.goneRound.set(batch.partition, goneRoundAfter(this.goneRound.get(batch.partition), now));
    const mark = this.slowLane.goes(batch.partition, endpointId);
    this.metrics.toSlowLane(again ? 'slow' : 'main');
    batch.done(record.offset, [
      {
        topic: Topics.slowDeliveries,
        key: endpointId,
        value: record.value,
        headers: {
          ...recordHeaders(deliverySchema, traceOf(record)),
          [MARK_HEADER]: mark,
          ...(again ? { [GOES_ROUND_HEADER]: String(now) } : {}),
        },
      },
    ]);
  }

  /**
   * Resolves when the attempt has ended and its endpoint may start another one. The result is written while
   * that one is running.
   */
  private async attempt(work: Work, isUrgent: boolean): Promise<AttemptEffect> {
    const { delivery, record, batch } = work;
    if (batch.isStale()) return 'none';
    if (this.manualRetries.supersedes(delivery)) {
      batch.done(record.offset);
      return 'none';
    }
    try {
      const { decision, effect, posted } =
        work.failures < MAX_FAILURES
          ? await this.decide(work, isUrgent)
          : this.without(this.decideNotSent(delivery, NOT_MADE));
      const trace = this.traceOfAttempt(work, decision, posted);
      batch.done(record.offset, this.report(trace, decision));
      this.metrics.decided(decision.result);
      if (this.logger.isLevelEnabled('debug')) this.tell(work, decision, trace);
      return effect;
    } catch (error) {
      this.metrics.impossible();
      // No behaviour of a receiver throws here, so the fault is in our code. The delivery must not be lost:
      // try again.
      this.logger.error(
        { err: error, ...idsOf(delivery), ...traceIds(traceOf(record)) },
        'a delivery could not be attempted because of a fault in our code. The dispatcher tries again in a moment, and after ten times counts it as a failed attempt. Report the error',
      );
      if (isRecordFault(error)) work.failures += 1;
      if (work.failures > MAX_FAILURES) batch.giveUp(record.offset, error);
      else setTimeout(() => this.queues.push(work), REPEAT_AFTER_MS).unref();
      return 'none';
    }
  }

  /** The result and the retry belong to the attempt's span if there is one, else to the delivery's trace. */
  private traceOfAttempt(
    { delivery, record, batch }: Work,
    { result }: Decision,
    posted: boolean,
  ): TraceContext {
    const parent = traceOf(record);
    if (this.tracer === null) return parent;
    const lane = batch.topic === Topics.slowDeliveries ? 'slow' : 'main';
    const url = this.endpoints.get(delivery.endpointId)?.url;
    return recordAttempt(this.tracer, { delivery, parent, result, posted, lane, url });
  }

  private tell({ delivery }: Work, { result }: Decision, trace: TraceContext): void {
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

  private async decide(
    work: Work,
    isUrgent: boolean,
  ): Promise<{ decision: Decision; effect: AttemptEffect; posted: boolean }> {
    const { delivery } = work;
    const endpoint = await this.endpoints.find(delivery.endpointId, delivery.endpointVersion);
    if (!endpoint) return this.without(decideWithoutAttempt(delivery, 'endpoint_deleted', new Date()));
    if (!endpoint.isActive && delivery.eventType !== TEST_EVENT_TYPE) {
      return this.without(decideWithoutAttempt(delivery, 'endpoint_inactive', new Date()));
    }
    const secrets = this.secretsOf(endpoint, work);
    if (secrets === null) return this.without(this.decideNotSent(delivery, NOT_SIGNED));
    const passage = isUrgent ? ATTEMPT : this.circuits.passage(endpoint, Date.now());
    if (passage.kind === 'share') {
      const shared = sharedFailure(passage.failure);
      this.metrics.shared(endpoint.id, shared);
      return this.without(this.decideNotSent(delivery, shared));
    }
    const evidence = evidenceOf(delivery, endpoint, secrets, this.settings.retryDelaysMs);
    const request = signedRequest(delivery, endpoint, secrets, new Date(), evidence.number);
    const { startedAt, gone, retryAfterMs, requestSent, ...outcome } = await this.poster.post(request);
    this.metrics.attempted(endpoint.id, outcome);
    const endedAt = new Date(startedAt.getTime() + outcome.durationMs);
    const failure = connectFailure(outcome, requestSent, endedAt);
    this.circuits.afterAttempt(endpoint, failure, endedAt.getTime());
    return {
      decision: decideAfterAttempt(
        delivery,
        {
          attempt: {
            startedAt: startedAt.toISOString(),
            requestBytes: request.body.length,
            ...evidence,
            ...outcome,
          },
          gone,
          retryAfterMs,
        },
        this.endpoints.get(delivery.endpointId) === undefined,
        this.settings.retryDelaysMs,
        endedAt,
      ),
      effect: effectOf(outcome.error, failure !== null),
      posted: true,
    };
  }

  private without(decision: Decision): { decision: Decision; effect: AttemptEffect; posted: boolean } {
    return { decision, effect: 'none', posted: false };
  }

  /** An attempt that ended before anything was sent. */
  private decideNotSent(delivery: Delivery, attempt: Omit<Attempt, 'startedAt' | 'requestBytes'>): Decision {
    const now = new Date();
    const endpoint = this.endpoints.get(delivery.endpointId);
    return decideAfterAttempt(
      delivery,
      {
        attempt: {
          startedAt: now.toISOString(),
          requestBytes: Buffer.byteLength(delivery.body),
          ...evidenceOf(delivery, endpoint, null, this.settings.retryDelaysMs),
          ...attempt,
        },
        gone: false,
        retryAfterMs: null,
      },
      endpoint === undefined,
      this.settings.retryDelaysMs,
      now,
    );
  }

  private secretsOf(endpoint: EndpointState, { delivery, record }: Work): SigningSecrets | null {
    try {
      return this.secrets.of(endpoint, new Date());
    } catch (error) {
      this.logger.error(
        { err: error, ...idsOf(delivery), ...traceIds(traceOf(record)) },
        'the secret of an endpoint cannot be opened, so requests to this endpoint cannot be signed. Add the key that the secret was sealed with to SECRETS_KEY, after the newest key',
      );
      return null;
    }
  }

  /** The records to write for an attempt that ended: its result, and the next attempt if there is one. */
  private report(trace: TraceContext, { result, next }: Decision): OutgoingRecord[] {
    const records: OutgoingRecord[] = [];
    if (next) {
      const remaining = Date.parse(next.dueAt) - Date.parse(result.at);
      records.push({
        topic: retryTopic(delayTopicFor(this.settings.retryDelaysMs, remaining) ?? 1),
        key: next.endpointId,
        value: deliverySchema.encode(next),
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
}

const ATTEMPT: Passage = { kind: 'attempt' };

/** The fields that identify a delivery in a log line. */
function idsOf({ eventId, deliveryId, endpointId }: Delivery) {
  return { event: eventId, delivery: deliveryId, endpoint: endpointId };
}

/**
 * Whether a person asked for this attempt. While its endpoint has few such attempts, this one goes first and
 * is always made.
 */
function isAskedFor({ eventType, trigger }: Delivery): boolean {
  return eventType === TEST_EVENT_TYPE || trigger === 'manual';
}

/** Leaves the rest of the 30 s after SIGTERM for the commits. */
const DRAIN_LIMIT_MS = 20_000;
/** The wait after a failure of our own before the same delivery is tried again. */
const REPEAT_AFTER_MS = 1_000;
/** After this many failures of our own in a row, the delivery gets a failed attempt. */
const MAX_FAILURES = 10;
/** Attempts that ended before they began. */
const NOT_MADE = {
  durationMs: 0,
  responseStatus: null,
  responseBody: null,
  error: 'internal',
  errorDetail: 'The webhook could not be sent. This is a fault of the sender, who has been told.',
} as const;
const NOT_SIGNED = {
  durationMs: 0,
  responseStatus: null,
  responseBody: null,
  error: 'internal',
  errorDetail: 'The webhook could not be signed. This is a fault of the sender, who has been told.',
} as const;
