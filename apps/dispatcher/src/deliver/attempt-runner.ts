import { type Delivery, type EndpointState, TEST_EVENT_TYPE } from '@skillora/contracts';

import { attemptOf, type AttemptOutcome, NOT_MADE, NOT_SIGNED } from '../attempt/attempt-outcome.js';
import { type AttemptEnd, type Decision, decideWithoutAttempt } from '../attempt/decide.js';
import { evidenceOf } from '../attempt/evidence.js';
import type { Admission } from '../circuit/circuit-breaker.js';
import { connectFailure, saysNothing, sharedFailure } from '../circuit/connect-failure.js';
import type { AttemptEffect } from '../queues/concurrency-limit.js';
import type { Turn } from '../queues/queue-surroundings.js';
import type { RetrySchedules } from '../retry/schedule.js';
import type { DeliverPorts, DeliverRules, Post } from './deliver-ports.js';
import type { DeliveryWork } from './delivery-work.js';
import type { LeavingWork } from './leaving-work.js';

/** The outcome of a delivery's turn. */
export interface Conclusion {
  readonly decision: Decision;
  readonly effect: AttemptEffect;
  /** Whether a request was sent or begun. */
  readonly posted: boolean;
}

type Ports<R> = Pick<DeliverPorts<R>, 'clock' | 'endpoints' | 'circuits' | 'isStale' | 'prepare' | 'shared'>;

const ATTEMPT: Admission = { kind: 'attempt' };

/** Attempts the delivery whose turn it is, or decides that it gets no attempt. */
export class AttemptRunner<R> {
  constructor(
    private readonly ports: Ports<R>,
    private readonly schedules: RetrySchedules,
    private readonly rules: Pick<DeliverRules, 'effectOf' | 'decideAfterAttempt'>,
    private readonly leaving: Pick<LeavingWork<R>, 'lookUp'>,
  ) {}

  /**
   * Attempts the delivery, or decides that it gets no attempt.
   * @returns null when another instance owns its partition now, or its endpoint is held meanwhile.
   */
  async run(work: DeliveryWork<R>, turn: Turn): Promise<Conclusion | null> {
    const { ports } = this;
    const { record, delivery } = work;
    const found = await this.leaving.lookUp(work);
    // The lookup may take a while. If another instance owns the partition now, it makes the attempt.
    if (ports.isStale(record) || found === 'held') return null;
    const { endpoint, body } = found;
    const now = ports.clock.now();
    if (!endpoint) return without(decideWithoutAttempt(delivery, 'endpoint_deleted', new Date(now)));
    if (!endpoint.isActive && delivery.eventType !== TEST_EVENT_TYPE) {
      return without(decideWithoutAttempt(delivery, 'endpoint_inactive', new Date(now)));
    }
    if (body === null) return without(decideWithoutAttempt(delivery, 'event_gone', new Date(now)));
    const post = ports.prepare(record, delivery, endpoint, turn, body);
    if (post === null) return this.notSent(delivery, NOT_SIGNED);
    const admission = turn.isUrgent ? ATTEMPT : ports.circuits.admit(endpoint, ports.clock.now());
    if (admission.kind === 'attempt') return this.make(post, delivery, endpoint);
    const shared = sharedFailure(admission.failure);
    ports.shared(endpoint.id, shared);
    return this.notSent(delivery, shared);
  }

  /** Concludes the turn of a delivery whose attempt a fault in our code prevents. */
  notMade(delivery: Delivery): Conclusion {
    return this.notSent(delivery, NOT_MADE);
  }

  private async make(post: Post, delivery: Delivery, endpoint: EndpointState): Promise<Conclusion> {
    const { startedAt, gone, retryAfterMs, requestSent, ...outcome } = await post();
    const endedAt = new Date(startedAt.getTime() + outcome.durationMs);
    const failure = connectFailure(outcome, requestSent, endedAt);
    if (!saysNothing(outcome.error)) {
      this.ports.circuits.afterAttempt(endpoint, failure, endedAt.getTime());
    }
    const attempt = attemptOf(delivery, startedAt, outcome);
    return {
      decision: this.decide(delivery, { attempt, gone, retryAfterMs }, endedAt),
      effect: this.rules.effectOf(outcome.error, failure !== null, outcome.durationMs),
      posted: true,
    };
  }

  /** Decides about an attempt that ended before a request was sent. */
  private notSent(delivery: Delivery, outcome: AttemptOutcome): Conclusion {
    const now = new Date(this.ports.clock.now());
    const endpoint = this.ports.endpoints.get(delivery.endpointId);
    const evidence = evidenceOf(delivery, endpoint, null, this.schedules.standard);
    const attempt = attemptOf(delivery, now, { ...evidence, ...outcome });
    return without(this.decide(delivery, { attempt, gone: false, retryAfterMs: null }, now));
  }

  private decide(delivery: Delivery, end: AttemptEnd, endedAt: Date): Decision {
    const endpoint = this.ports.endpoints.get(delivery.endpointId);
    return this.rules.decideAfterAttempt(delivery, end, endpoint, this.schedules, endedAt);
  }
}

function without(decision: Decision): Conclusion {
  return { decision, effect: 'none', posted: false };
}
