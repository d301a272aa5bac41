import { Inject, Injectable } from '@nestjs/common';
import { type Delivery, type EventType, isUuid } from '@skillora/contracts';
import { deliveryAttributes, type Span, TRACER, type Tracer } from '@skillora/operability';
import { conflict, notFound, unavailable } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import type { Action } from '../changes/entry.js';
import type { Answered } from '../idempotency/once-by-key.js';
import { AskedOnce, type Done } from './asked-once.js';
import { type ResendCandidate, resendProblem } from './decide-resend.js';
import { RETRY_UNDER_WAY, retryProblem } from './decide-retry.js';
import { EVENT_GONE, isEventGone } from './missing-event.js';
import { JOIN_ASKED_ROUND, ROUND_COLUMNS } from './requested-rounds.js';
import { demandRetry } from './retry-limit.js';
import { roundsHad, roundStateOf, type RoundStateRow } from './round-state.js';
import { startRounds } from './start-rounds.js';

interface RetryableRow extends RoundStateRow {
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: EventType;
  /** Null when the event is not in the audit, as is its body. */
  readonly event_at: Date | null;
  readonly payload: string | null;
  /** bigint, as the driver gives it. */
  readonly endpoint_version: string | null;
  readonly endpoint_deleted: boolean;
  readonly endpoint_active: boolean;
  readonly has_dropped: boolean;
}

/** A retry is for a delivery that has not succeeded. A resend is for one that has ended. */
export type ByHand = 'retry' | 'resend';

/** The answer to a successful request. */
export interface RetryAnswer {
  readonly status: 'success';
  readonly message: string;
}

/** What makes one of them differ from the other. */
const KINDS: Readonly<
  Record<
    ByHand,
    {
      readonly action: Action;
      readonly span: string;
      readonly answer: RetryAnswer;
      readonly problem: (candidate: ResendCandidate) => string | null;
    }
  >
> = {
  retry: {
    action: 'delivery.retried',
    span: 'manual retry',
    answer: { status: 'success', message: 'The delivery is being retried' },
    problem: retryProblem,
  },
  resend: {
    action: 'delivery.resent',
    span: 'resend',
    answer: { status: 'success', message: 'The delivery is being sent again' },
    problem: resendProblem,
  },
};

/**
 * Starts a new round of a delivery: an attempt at once, and then the automatic schedule from its start. A
 * marker makes the dispatchers drop waiting attempts of earlier rounds. The delivery's state changes when the
 * projection has read the round from the log; one that has succeeded keeps its status. No further retry or resend is
 * granted until the log shows the end of the attempt.
 */
@Injectable()
export class ManualRetry {
  constructor(
    private readonly once: AskedOnce,
    private readonly log: ChangeLog,
    @Inject(TRACER) private readonly tracer: Tracer,
  ) {}

  /**
   * @param key the request's `Idempotency-Key`: a repeated request with the same key gets the first answer.
   * @throws {RefusalException} 404 when there is no such delivery, 409 when it cannot be sent in its present state or
   * its event is gone, 429 when the organisation asks for too many retries, 503 while the audit does not have the event yet.
   */
  async request(
    kind: ByHand,
    author: Author,
    organizationId: string,
    id: string,
    key: string | null,
  ): Promise<Answered<RetryAnswer>> {
    if (!isUuid(id)) throw notFound();
    // Paths may name the id in upper or lower case; the log and receivers use lower case.
    const deliveryId = id.toLowerCase();
    const keyed = key === null ? null : { organizationId, key, body: `${kind} of ${deliveryId}` };
    return this.once.do(organizationId, keyed, (manager) =>
      this.ask(manager, kind, author, organizationId, deliveryId),
    );
  }

  private async ask(
    manager: EntityManager,
    kind: ByHand,
    author: Author,
    organizationId: string,
    deliveryId: string,
  ): Promise<Done<RetryAnswer>> {
    const { action, answer, problem } = KINDS[kind];
    const deed = { organizationId, action, id: deliveryId };
    // All is read under the lock of the organisation, so a change that was answered before counts.
    return this.log.act(manager, author, deed, async () => {
      const now = new Date();
      const row = await retryable(manager, organizationId, deliveryId);
      if (!row) throw notFound();
      const state = roundStateOf(row, now);
      const refused = problem({
        status: row.status,
        endpointDeleted: row.endpoint_deleted,
        endpointActive: row.endpoint_active,
        underWay: state.underWay,
        rounds: roundsHad(state),
      });
      if (refused !== null) throw conflict(refused);
      await demandRetry(manager, organizationId);
      const { event_id: eventId, endpoint_id: endpointId, event_type: eventType } = row;
      if (row.payload === null || row.event_at === null) {
        const facts = { deliveredAt: row.created_at.getTime(), hasDropped: row.has_dropped };
        if (isEventGone(facts, now.getTime())) throw conflict(EVENT_GONE);
        throw unavailable('The event of this delivery is not yet in the audit.', 1);
      }
      const round = {
        ...{ deliveryId, eventId, endpointId, eventType, state },
        eventAt: row.event_at,
        endpointVersion: Number(row.endpoint_version ?? 0),
        body: row.payload,
      };
      const spans: Span[] = [];
      const traceOf = (made: Delivery) => {
        const attributes = deliveryAttributes(made);
        const span = this.tracer.start(KINDS[kind].span, { role: 'producer', parent: {}, attributes });
        spans.push(span);
        return span.context;
      };
      const [delivery] = (await startRounds(manager, { organizationId, traceOf }, [round], now)).values();
      if (delivery === undefined) throw conflict(RETRY_UNDER_WAY);
      return {
        result: { answer, spans },
        shown: {
          before: { status: row.status, round: delivery.round - 1 },
          after: { status: row.status, round: delivery.round, endpoint_id: endpointId, event_id: eventId },
        },
      };
    });
  }
}

async function retryable(
  manager: EntityManager,
  organizationId: string,
  deliveryId: string,
): Promise<RetryableRow | undefined> {
  const [row] = await manager.query<RetryableRow[]>(
    `SELECT d.event_id, d.endpoint_id, d.event_type, d.status, ${ROUND_COLUMNS}, p.version AS endpoint_version,
            (p.id IS NULL OR p.deleted_at IS NOT NULL) AS endpoint_deleted,
            coalesce(p.is_active, false) AS endpoint_active, e.payload, e.created_at AS event_at,
            EXISTS (SELECT FROM retention WHERE dropped_before IS NOT NULL) AS has_dropped
       FROM deliveries d
       LEFT JOIN endpoints p ON p.id = d.endpoint_id
       LEFT JOIN LATERAL (
         SELECT payload, created_at FROM events
          WHERE organization_id = d.organization_id AND id = d.event_id
          ORDER BY created_at DESC LIMIT 1) AS e ON true
       ${JOIN_ASKED_ROUND}
      WHERE d.id = $1 AND d.organization_id = $2
      ORDER BY d.created_at DESC LIMIT 1`,
    [deliveryId, organizationId],
  );
  return row;
}
