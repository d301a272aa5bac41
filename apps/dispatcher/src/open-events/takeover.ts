import type { WindowCommit } from '@skillora/kafka';

import { DedupeWindow } from '../fan-out/dedupe-window.js';
import type { FanOutProgress } from '../fan-out/fan-out-part.js';
import type { FanOutRecord } from '../fan-out/ledger-record.js';
import { isUnitRecord, type LedgerRecord } from './ledger-record.js';
import type { Matched } from './open-event.js';
import type { UnitRecord } from './unit-record.js';

/** An event that a former owner of its partition has told and not closed. */
export interface ToldEvent {
  readonly matched: Matched;
  /** When each delivery that has not ended was made, ms since the epoch, by endpoint, in order. */
  readonly left: ReadonlyMap<string, number>;
}

/**
 * What a former owner has told of an event. If the topic was made anew, and nobody noticed, that was of another event:
 * then an organisation must not get what is another's.
 * @param organizationOf the organisation of an endpoint, if that is known.
 */
export function toldOf(
  { organizationId }: { readonly organizationId: string },
  told: ToldEvent | undefined,
  organizationOf: (endpointId: string) => string | undefined,
): ToldEvent | undefined {
  const isOfAnother = (id: string): boolean => (organizationOf(id) ?? organizationId) !== organizationId;
  return told && [...told.left.keys()].some(isOfAnother) ? undefined : told;
}

/** What a new owner of a unit knows of it. */
export interface TakenOver {
  readonly dedupeWindow: DedupeWindow;
  readonly positions: ReadonlyMap<string, WindowCommit>;
  /** By offset. Some may be closed: the position of the events says so. */
  readonly told: ReadonlyMap<bigint, ToldEvent>;
}

/** Learns what a new owner of a unit knows of it, from one record of the ledger after the other. */
export class Takeover {
  private positions = new Map<string, WindowCommit>();
  private watermark = 0n;
  private readonly told = new Map<bigint, { matched: Matched; left: Map<string, number> }>();

  /** @param events the topic of the events. */
  constructor(
    private readonly events: string,
    private readonly dedupeWindow = new DedupeWindow(),
  ) {}

  learn(record: LedgerRecord): void {
    if (isUnitRecord(record)) this.learnOfUnit(record);
    else this.learnOfFanOut(record);
  }

  get taken(): TakenOver {
    const { dedupeWindow, positions, told } = this;
    return { dedupeWindow, positions, told };
  }

  private learnOfUnit({ entries, told, ended, positions }: UnitRecord): void {
    for (const { entry, digest } of entries) this.dedupeWindow.add(entry, digest);
    this.heedAnotherLog(positions.get(this.events)?.offset);
    for (const { offset, number, madeAt, isLast, endpointIds } of told) {
      const known = this.told.get(offset);
      const left = known?.left ?? new Map<string, number>();
      for (const endpointId of endpointIds) left.set(endpointId, madeAt);
      const lastEndpointId = endpointIds.at(-1) ?? known?.matched.lastEndpointId ?? null;
      this.told.set(offset, { matched: { slices: number + 1, lastEndpointId, isWhole: isLast }, left });
    }
    for (const { offset, endpointId } of ended) this.told.get(offset)?.left.delete(endpointId);
    if (positions.size === 0) return;
    this.positions = new Map(positions);
    this.forgetBefore(positions.get(this.events)?.offset ?? 0n);
  }

  /**
   * A fan-out reads the events in their order, and knows what is done behind its position by the entries. The other
   * topics of the unit keep their positions: what was done there is done.
   */
  private learnOfFanOut({ entries, next, begun }: FanOutRecord): void {
    for (const [entry, digest] of entries) this.dedupeWindow.add(entry, digest);
    if (next === null) return;
    this.heedAnotherLog(next);
    this.positions.set(this.events, { offset: next, metadata: '' });
    this.forgetBefore(next);
    if (begun) this.told.set(next, behindParts(begun, this.told.get(next)));
  }

  /** A watermark never goes back. If it has, the topic was made anew, and its offsets are those of other events. */
  private heedAnotherLog(watermark: bigint | undefined): void {
    if (watermark === undefined || watermark >= this.watermark) return;
    this.watermark = watermark;
    this.told.clear();
  }

  private forgetBefore(watermark: bigint): void {
    // Behind an event that hangs many others may be told, record after record.
    if (watermark <= this.watermark) return;
    this.watermark = watermark;
    for (const offset of this.told.keys()) if (offset < watermark) this.told.delete(offset);
  }
}

/**
 * An event that a fan-out has begun: the deliveries of its first parts are in `webhook.deliveries`. Behind them it goes
 * on, with what a unit had told there before, if one had.
 */
function behindParts(
  { parts, lastEndpointId }: FanOutProgress,
  known: ToldEvent | undefined,
): { matched: Matched; left: Map<string, number> } {
  const left = new Map([...(known?.left ?? [])].filter(([endpointId]) => endpointId > lastEndpointId));
  const toldFurther =
    known && (known.matched.isWhole || (known.matched.lastEndpointId ?? '') > lastEndpointId);
  const matched = toldFurther ? known.matched : { slices: 0, lastEndpointId, isWhole: false };
  return { matched: { ...matched, slices: Math.max(matched.slices, parts) }, left };
}

/**
 * What a ledger says, read from the oldest record that counts up to the mark of this takeover.
 * @param events the topic of the events.
 */
export function takeOver(
  ledger: Iterable<LedgerRecord>,
  events: string,
  dedupeWindow = new DedupeWindow(),
): TakenOver {
  const takeover = new Takeover(events, dedupeWindow);
  for (const record of ledger) takeover.learn(record);
  return takeover.taken;
}

/**
 * What still counts when logs were made anew: they are read from where they begin, and no event of the log before is open.
 * @param madeAnew where these logs begin, by topic.
 * @param events the topic of the events.
 */
export function beginningAnew(
  taken: TakenOver,
  madeAnew: ReadonlyMap<string, bigint>,
  events: string,
): TakenOver {
  const positions = new Map(taken.positions);
  for (const [topic, offset] of madeAnew) positions.set(topic, { offset, metadata: '' });
  return { ...taken, positions, told: madeAnew.has(events) ? new Map() : taken.told };
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
