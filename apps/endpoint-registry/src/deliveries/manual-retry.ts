import { Inject, Injectable } from '@nestjs/common';
import {
  type Delivery,
  deliverySchema,
  type EventType,
  isUuid,
  manualRetrySchema,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import { deliveryAttributes, type Span, TRACER, type Tracer } from '@skillora/operability';
import { conflict, notFound, unavailable } from '@skillora/rest';
import { DataSource, type EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { IdempotencyKeys, type KeyedRequest, mayComeSecond } from '../idempotency/idempotency-keys.js';
import { OrganizationTurns } from '../limits/organization-turns.js';
import { writeOutbox } from '../outbox/outbox.js';
import { OutboxRelay } from '../outbox/relay.js';
import type { AuditedStatus } from '../projection/audited-status.js';
import { hasNotEnded } from './asked-round.js';
import { demandRetry } from './retry-limit.js';
import { RETRY_UNDER_WAY, retryProblem } from './decide-retry.js';
import {
  allocateRounds,
  attemptsBefore,
  JOIN_ASKED_ROUND,
  ROUND_COLUMNS,
  type RoundRow,
  roundsOf,
} from './requested-rounds.js';

interface RetryableRow extends RoundRow {
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: EventType;
  readonly status: AuditedStatus;
  readonly payload: string | null;
  /** bigint, as the driver gives it. */
  readonly endpoint_version: string | null;
  readonly endpoint_deleted: boolean;
}

/** The answer to a successful request for a retry. */
const ANSWER = { status: 'success', message: 'The delivery is being retried' } as const;

/** The answer to a retry, and whether it repeats the answer to an earlier request with the same key. */
export interface RetryAnswer {
  readonly answer: typeof ANSWER;
  readonly replayed: boolean;
}

/**
 * Starts a new round of a delivery: an attempt at once, and then the automatic schedule from its start. A
 * marker makes the dispatchers drop waiting attempts of earlier rounds. The delivery's state changes when the
 * projection has read the round from the log. No further retry is granted until the log shows the end of the
 * attempt.
 */
@Injectable()
export class ManualRetry {
  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: OutboxRelay,
    private readonly keys: IdempotencyKeys,
    private readonly turns: OrganizationTurns,
    private readonly log: ChangeLog,
    @Inject(TRACER) private readonly tracer: Tracer,
  ) {}

  /**
   * @param key the request's `Idempotency-Key`: a repeated request with the same key gets the first answer.
   * @throws {RefusalException} 404 when there is no such delivery, 409 when it cannot be retried in its present state,
   * 429 when the organisation asks for too many retries.
   */
  async request(
    author: Author,
    organizationId: string,
    id: string,
    key: string | null,
  ): Promise<RetryAnswer> {
    if (!isUuid(id)) throw notFound();
    // Paths may name the id in upper or lower case; the log and receivers use lower case.
    const deliveryId = id.toLowerCase();
    const keyed = key === null ? null : { organizationId, key, body: `retry of ${deliveryId}` };
    if (keyed && (await this.wasAsked(keyed))) return { answer: ANSWER, replayed: true };
    let span: Span;
    try {
      span = await this.turns.inTurn(organizationId, () =>
        this.dataSource.transaction((manager) =>
          this.ask(manager, author, organizationId, deliveryId, keyed),
        ),
      );
    } catch (error) {
      if (!keyed || !mayComeSecond(error) || !(await this.wasAsked(keyed))) throw error;
      return { answer: ANSWER, replayed: true };
    }
    await this.relay.flush();
    span.end();
    if (keyed) await this.keys.settle(keyed);
    return { answer: ANSWER, replayed: false };
  }

  /**
   * Whether the same request came before. Its stored change takes effect, so this waits for that and returns
   * the same answer.
   */
  private async wasAsked(keyed: KeyedRequest): Promise<boolean> {
    const earlier = await this.keys.earlierAnswer(keyed);
    if (earlier && !earlier.settled) {
      await this.relay.flush();
      await this.keys.settle(keyed);
    }
    return earlier !== null;
  }

  private async ask(
    manager: EntityManager,
    author: Author,
    organizationId: string,
    deliveryId: string,
    keyed: KeyedRequest | null,
  ): Promise<Span> {
    const [row] = await manager.query<RetryableRow[]>(
      `SELECT d.event_id, d.endpoint_id, d.event_type, d.status, ${ROUND_COLUMNS}, p.version AS endpoint_version,
              (p.id IS NULL OR p.deleted_at IS NOT NULL) AS endpoint_deleted,
              (SELECT payload FROM events e
                WHERE e.organization_id = d.organization_id AND e.id = d.event_id
                ORDER BY e.created_at DESC LIMIT 1) AS payload
         FROM deliveries d
         LEFT JOIN endpoints p ON p.id = d.endpoint_id
         ${JOIN_ASKED_ROUND}
        WHERE d.id = $1 AND d.organization_id = $2
        ORDER BY d.created_at DESC LIMIT 1`,
      [deliveryId, organizationId],
    );
    if (!row) throw notFound();
    const now = new Date();
    const requestedAt = now.toISOString();
    const { asked, shown } = roundsOf(row);
    const underWay = hasNotEnded(asked, shown, now.getTime());
    const shownRound = Math.max(shown.round, shown.endedRound);
    const problem = retryProblem({
      status: row.status,
      endpointDeleted: row.endpoint_deleted,
      underWay,
      rounds: Math.max(shownRound, asked?.round ?? 0),
    });
    if (problem !== null) throw conflict(problem);
    const deed = { organizationId, action: 'delivery.retried', id: deliveryId } as const;
    return this.log.act(manager, author, deed, async () => {
      await demandRetry(manager, organizationId);
      if (row.payload === null) throw unavailable('The event of this delivery is not yet in the audit.', 1);
      const wanted = {
        deliveryId,
        createdAt: shown.createdAt,
        askedRound: asked?.round ?? 0,
        shownRound,
      };
      const [round] = (await allocateRounds(manager, [wanted], requestedAt)).values();
      if (round === undefined) throw conflict(RETRY_UNDER_WAY);
      if (keyed) await this.keys.claim(manager, keyed, ANSWER);
      const delivery: Delivery = {
        deliveryId,
        eventId: row.event_id,
        endpointId: row.endpoint_id,
        organizationId,
        eventType: row.event_type,
        createdAt: row.created_at.toISOString(),
        round,
        step: 1,
        trigger: 'manual',
        dueAt: requestedAt,
        endpointVersion: Number(row.endpoint_version ?? 0),
        attemptsBefore: attemptsBefore(row, now),
        body: row.payload,
      };
      return {
        result: await this.write(manager, delivery),
        shown: {
          before: { status: row.status, round: round - 1 },
          after: { status: row.status, round, endpoint_id: row.endpoint_id, event_id: row.event_id },
        },
      };
    });
  }

  /** Brings it, and the marker of its round, to the outbox. */
  private async write(manager: EntityManager, delivery: Delivery): Promise<Span> {
    const { deliveryId, endpointId, round, dueAt } = delivery;
    const span = this.tracer.start('manual retry', {
      role: 'producer',
      parent: {},
      attributes: deliveryAttributes(delivery),
    });
    await writeOutbox(manager, [
      {
        topic: Topics.manualRetries,
        key: deliveryId,
        headers: recordHeaders(manualRetrySchema, span.context),
        value: manualRetrySchema.encode({ deliveryId, round, requestedAt: dueAt }),
      },
      {
        topic: Topics.deliveries,
        key: endpointId,
        headers: recordHeaders(deliverySchema, span.context),
        value: deliverySchema.encode(delivery),
      },
    ]);
    return span;
  }
}
