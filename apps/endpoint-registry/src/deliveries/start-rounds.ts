import {
  type Delivery,
  deliverySchema,
  type EventType,
  manualRetrySchema,
  recordHeaders,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { writeOutbox } from '../outbox/outbox.js';
import { reportOfMade } from './report-of-made.js';
import { allocateRounds } from './requested-rounds.js';
import { type RoundState, roundsHad } from './round-state.js';

/** A delivery that gets a round: an attempt at once, and then the automatic schedule from its start. */
export interface RoundToStart {
  readonly deliveryId: string;
  readonly eventId: string;
  /** When the event was accepted. */
  readonly eventAt: Date;
  readonly eventType: EventType;
  readonly body: string;
  readonly endpointId: string;
  readonly endpointVersion: number;
  /** The state in which this was decided. A delivery that the audit does not show is created. */
  readonly state: RoundState;
}

/** Who starts rounds. */
export interface Starter {
  readonly organizationId: string;
  /** Absent if a person asked for the rounds. */
  readonly recoveryId?: string;
  /** The trace that a delivery belongs to; absent if it belongs to none. */
  readonly traceOf?: (delivery: Delivery) => TraceContext;
}

/**
 * Starts rounds, all in the transaction of the caller: allocates them and brings them to the outbox. This is the only way
 * to make a round. A delivery for which somebody else asked for a round since its state was read gets none.
 * @returns what was started, by delivery.
 */
export async function startRounds(
  manager: EntityManager,
  { organizationId, recoveryId, traceOf = () => ({}) }: Starter,
  wanted: readonly RoundToStart[],
  at: Date,
): Promise<ReadonlyMap<string, Delivery>> {
  const now = at.toISOString();
  const rounds = await allocateRounds(
    manager,
    wanted.map(({ deliveryId, state }) => ({
      deliveryId,
      createdAt: state.createdAt ?? at.getTime(),
      askedRound: state.askedRound,
      shownRound: state.shownRound,
    })),
    now,
  );
  const started = wanted.flatMap((each) => {
    const round = rounds.get(each.deliveryId);
    if (round === undefined) return [];
    const { deliveryId, eventId, endpointId, endpointVersion, eventType, body, state } = each;
    const delivery: Delivery = {
      ...{ deliveryId, eventId, endpointId, organizationId, eventType },
      createdAt: state.createdAt === null ? now : new Date(state.createdAt).toISOString(),
      ...{ round, step: 1, trigger: 'manual', dueAt: now },
      ...{ endpointVersion, attemptsBefore: state.attemptsBefore },
      ...(recoveryId === undefined ? {} : { recoveryId }),
      body,
    };
    return [{ each, delivery, trace: traceOf(delivery) }];
  });
  await writeOutbox(manager, [
    ...started
      .filter(({ each }) => recoveryId === undefined || mayWait(each.state))
      .map(({ delivery: { deliveryId, round }, trace }) => ({
        topic: Topics.manualRetries,
        key: deliveryId,
        headers: recordHeaders(manualRetrySchema, trace),
        value: manualRetrySchema.encode({ deliveryId, round, requestedAt: now }),
      })),
    ...started.map(({ delivery, trace }) => ({
      topic: Topics.deliveries,
      key: delivery.endpointId,
      headers: recordHeaders(deliverySchema, trace),
      value: deliverySchema.encode(delivery),
    })),
    ...reportOfMade(
      organizationId,
      now,
      started.flatMap(({ each }) => (each.state.createdAt === null ? [each] : [])),
    ),
  ]);
  return new Map(started.map(({ delivery }) => [delivery.deliveryId, delivery]));
}

/**
 * Whether an attempt of an earlier round may wait for its time, although the delivery has ended: one that had succeeded
 * was sent again, and that failed. The mark of the new round makes the dispatchers drop it.
 */
function mayWait(state: RoundState): boolean {
  return state.status === 'success' && roundsHad(state) > 0;
}
