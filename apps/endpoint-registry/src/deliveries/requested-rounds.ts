import type { EntityManager } from 'typeorm';

/** A delivery, and the round that is asked for at least. */
export interface RoundRequest {
  readonly deliveryId: string;
  readonly atLeast: number;
}

/**
 * Allocates a round of each delivery that nobody else gets, above all that were asked for before.
 * @returns the rounds, by delivery.
 */
export async function allocateRounds(
  manager: EntityManager,
  requests: readonly RoundRequest[],
  requestedAt: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await manager.query<{ delivery_id: string; round: number }[]>(
    `INSERT INTO requested_rounds AS known (delivery_id, round, requested_at)
     SELECT wanted.id, wanted.round, $3 FROM unnest($1::uuid[], $2::integer[]) AS wanted (id, round) ORDER BY wanted.id
     ON CONFLICT (delivery_id) DO UPDATE
       SET round = greatest(known.round + 1, excluded.round), requested_at = excluded.requested_at
     RETURNING delivery_id, round`,
    [requests.map(({ deliveryId }) => deliveryId), requests.map(({ atLeast }) => atLeast), requestedAt],
  );
  return new Map(rows.map(({ delivery_id, round }) => [delivery_id, round]));
}
