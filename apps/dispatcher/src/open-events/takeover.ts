import type { WindowCommit } from '@skillora/kafka';

import { DedupeWindow } from '../fan-out/dedupe-window.js';
import type { Matched } from './open-event.js';
import type { UnitRecord } from './unit-record.js';

/** An event that a former owner of its partition has told and not closed. */
export interface ToldEvent {
  readonly matched: Matched;
  /** When each delivery that has not ended was made, ms since the epoch, by endpoint, in order. */
  readonly left: ReadonlyMap<string, number>;
}

/** What a new owner of a unit knows of it. */
export interface TakenOver {
  readonly dedupeWindow: DedupeWindow;
  readonly positions: ReadonlyMap<string, WindowCommit>;
  /** By offset. Some may be closed: the position of the events says so. */
  readonly told: ReadonlyMap<bigint, ToldEvent>;
}

/**
 * What a ledger says, read from the oldest record that counts up to the mark of this takeover.
 * @param events the topic of the events.
 */
export function takeOver(
  ledger: Iterable<UnitRecord>,
  events: string,
  dedupeWindow = new DedupeWindow(),
): TakenOver {
  let positions: ReadonlyMap<string, WindowCommit> = new Map();
  const told = new Map<bigint, { matched: Matched; left: Map<string, number> }>();
  for (const record of ledger) {
    for (const { entry, digest } of record.entries) dedupeWindow.add(entry, digest);
    for (const { offset, number, madeAt, isLast, endpointIds } of record.told) {
      const known = told.get(offset);
      const left = known?.left ?? new Map<string, number>();
      for (const endpointId of endpointIds) left.set(endpointId, madeAt);
      const lastEndpointId = endpointIds.at(-1) ?? known?.matched.lastEndpointId ?? null;
      told.set(offset, { matched: { slices: number + 1, lastEndpointId, isWhole: isLast }, left });
    }
    for (const { offset, endpointId } of record.ended) told.get(offset)?.left.delete(endpointId);
    if (record.positions.size === 0) continue;
    positions = record.positions;
    const { offset: watermark = 0n } = positions.get(events) ?? {};
    for (const offset of told.keys()) if (offset < watermark) told.delete(offset);
  }
  return { dedupeWindow, positions, told };
}

/** What became of a transaction whose outcome was unknown. */
export type Verdict = 'written' | 'not-written' | 'lost';

/**
 * What the ledger says of a transaction whose outcome was unknown.
 * @param tail the records behind the last one that its writer knows of, up to the end, read after the writer has taken
 * its transactional id over again.
 * @returns `lost` if somebody else has written there: the writer's memory of the unit is void.
 */
export function verdictOf(
  tail: readonly UnitRecord[],
  { writer, sequence }: Pick<UnitRecord, 'writer' | 'sequence'>,
): Verdict {
  if (tail.some((record) => record.writer !== writer)) return 'lost';
  return tail.some((record) => record.sequence === sequence) ? 'written' : 'not-written';
}
