import { type BeforeApplicationShutdown, Controller, Inject } from '@nestjs/common';
import {
  type Delivery,
  deliveryResultSchema,
  deliverySchema,
  type EndpointState,
  recordHeaders,
  retryTopic,
  TEST_EVENT_TYPE,
  Topics,
} from '@skillora/contracts';
import {
  BatchHandler,
  decodeRecord,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  traceOf,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { SigningSecrets } from '@skillora/signing';
import { Counter, Gauge, Histogram } from 'prom-client';

import { EndpointTable } from '../endpoints/endpoint-table.js';
import { ManualRetries } from '../retry/manual-retries.js';
import { delayTopicFor } from '../retry/schedule.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { type Decision, decideAfterAttempt, decideWithoutAttempt } from './decide.js';
import { EndpointQueues } from './endpoint-queues.js';
import { WebhookPoster } from './post/webhook-poster.js';
import { Secrets } from './secrets.js';
import { signedRequest } from './signed-request.js';

/** Names the transport of this stage. */
export const DELIVER = Symbol('deliver');
export const DELIVER_GROUP = 'deliver';

interface Work {
  readonly delivery: Delivery;
  readonly record: ReceivedRecord;
  readonly batch: RecordBatch;
}

/**
 * Signs, posts and reports. What became of a delivery is written in the transaction that says its record is done, so
 * that a crash repeats what was in flight, loses nothing, and never leaves two results of one attempt.
 */
@Controller()
export class Deliver implements BeforeApplicationShutdown {
  private readonly queues: EndpointQueues<Work>;
  private readonly secrets: Secrets;
  private readonly attempts = new Counter({
    name: 'webhook_attempts_total',
    help: 'Attempts that ended, by what they ended with',
    labelNames: ['outcome'] as const,
  });
  private readonly duration = new Histogram({
    name: 'webhook_attempt_duration_seconds',
    help: 'How long attempts took',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });

  constructor(
    @Inject(DISPATCHER_SETTINGS) private readonly settings: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly endpoints: EndpointTable,
    private readonly manualRetries: ManualRetries,
    private readonly poster: WebhookPoster,
  ) {
    this.secrets = new Secrets(settings.secretBox);
    this.queues = new EndpointQueues(
      { perEndpoint: settings.endpointConcurrency, overall: settings.deliveryConcurrency },
      (work) => this.attempt(work),
    );
    const { queues } = this;
    new Gauge({
      name: 'webhook_attempts_in_flight',
      help: 'Attempts under way',
      collect() {
        this.set(queues.underWay);
      },
    });
    new Gauge({
      name: 'webhook_deliveries_queued',
      help: 'Deliveries in memory that wait for their turn',
      collect() {
        this.set(queues.waiting);
      },
    });
  }

  @BatchHandler(Topics.deliveries, DELIVER)
  onDeliveries(batch: RecordBatch): Promise<void> {
    for (const record of batch.records) {
      const delivery = decodeRecord(deliverySchema, record, batch, this.logger);
      if (delivery) this.queues.push(delivery.endpointId, { delivery, record, batch });
      else batch.done(record.offset);
    }
    return Promise.resolve();
  }

  /** Begins nothing more and lets what is in flight end; what waits in memory is still in Kafka for the next owner. */
  async beforeApplicationShutdown(): Promise<void> {
    this.queues.stop();
    const deadline = Date.now() + DRAIN_LIMIT_MS;
    while (this.queues.underWay > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (this.queues.underWay > 0) {
      this.logger.warn(
        { attempts: this.queues.underWay },
        'attempts cut off by the end of the process; another copy repeats them',
      );
    }
  }

  /** Resolves when the endpoint's place is free again; what came of it is written while the next is under way. */
  private async attempt(work: Work): Promise<void> {
    const { delivery, record, batch } = work;
    if (batch.isStale()) return;
    if (this.manualRetries.supersedes(delivery)) {
      batch.done(record.offset);
      return;
    }
    try {
      const decision = await this.decide(delivery);
      batch.done(record.offset, this.report(record, decision));
    } catch (error) {
      // Nothing a receiver does ends here. What does is ours, and the delivery must not be lost for it: try again.
      this.logger.error(
        { err: error, delivery: delivery.deliveryId, endpoint: delivery.endpointId },
        'a delivery could not be attempted; it stays in Kafka and is tried again in a moment',
      );
      setTimeout(() => this.queues.push(delivery.endpointId, work), REPEAT_AFTER_MS).unref();
    }
  }

  private async decide(delivery: Delivery): Promise<Decision> {
    const endpoint = await this.endpoints.find(delivery.endpointId, delivery.endpointVersion);
    if (!endpoint) return decideWithoutAttempt(delivery, 'endpoint_deleted', new Date());
    if (!endpoint.isActive && delivery.eventType !== TEST_EVENT_TYPE) {
      return decideWithoutAttempt(delivery, 'endpoint_inactive', new Date());
    }
    const secrets = this.secretsOf(endpoint);
    if (secrets === null) {
      const now = new Date();
      const end = {
        attempt: { ...NOT_SIGNED, startedAt: now.toISOString() },
        gone: false,
        retryAfterMs: null,
      };
      return decideAfterAttempt(delivery, end, false, this.settings.retryDelaysMs, now);
    }
    const request = signedRequest(delivery, endpoint, secrets, new Date());
    const {
      startedAt,
      gone,
      retryAfterMs,
      requestSent: _requestSent,
      ...outcome
    } = await this.poster.post(request);
    this.attempts.inc({ outcome: outcome.error ?? 'success' });
    this.duration.observe(outcome.durationMs / 1_000);
    return decideAfterAttempt(
      delivery,
      { attempt: { startedAt: startedAt.toISOString(), ...outcome }, gone, retryAfterMs },
      this.endpoints.get(delivery.endpointId) === undefined,
      this.settings.retryDelaysMs,
      new Date(startedAt.getTime() + outcome.durationMs),
    );
  }

  private secretsOf(endpoint: EndpointState): SigningSecrets | null {
    try {
      return this.secrets.of(endpoint, new Date());
    } catch (error) {
      this.logger.error(
        { err: error, endpoint: endpoint.id },
        'the secret of an endpoint cannot be opened, so nothing can be signed for it. Give SECRETS_KEY the key it was sealed with, beside the new one',
      );
      return null;
    }
  }

  /** What is written for an attempt that ended: its result, and the next attempt if there is to be one. */
  private report(record: ReceivedRecord, { result, next }: Decision): OutgoingRecord[] {
    const trace = traceOf(record);
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

/** Leaves the rest of the 30 s after SIGTERM to the commits. */
const DRAIN_LIMIT_MS = 20_000;
/** After a failure of ours the same is tried again so much later. */
const REPEAT_AFTER_MS = 1_000;
/** An attempt that ended before it began. */
const NOT_SIGNED = {
  durationMs: 0,
  responseStatus: null,
  responseBody: null,
  error: 'internal',
  errorDetail: 'The webhook could not be signed. This is a fault of the sender, who has been told.',
} as const;
