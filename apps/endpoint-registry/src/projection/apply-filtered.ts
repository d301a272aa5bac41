import type { PoolClient } from 'pg';

import { addDeliveries, byKey, type DeliveryRow } from './delivery-rows.js';
import { filteredOut } from './evolve.js';
import { type FanOutMade, filteredIn } from './facts.js';

/**
 * Adds a row with the status `filtered` for each delivery that a filter left out. It counts in no statistics. No other
 * record can be about the row before somebody replays the event.
 */
export async function applyFiltered(client: PoolClient, made: readonly FanOutMade[]): Promise<void> {
  await addDeliveries(
    client,
    made.flatMap(filteredRows).sort((a, b) => byKey(a.identity, b.identity)),
  );
}

function filteredRows(made: FanOutMade): DeliveryRow[] {
  return filteredIn(made).map((identity) => ({
    identity,
    state: filteredOut(identity.createdAt),
    attemptCount: 0,
    held: null,
  }));
}
