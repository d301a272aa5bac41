import { isUnitRecord, type LedgerRecord } from './ledger-record.js';

/** Header of a unit's record: its {@link LedgerPlace}, as `entries/openSince`. The mark of a takeover has none. */
export const PLACE_HEADER = 'place';

/**
 * The place of a record in its ledger, counted in entries: a record cannot name offsets that its writer does not know.
 */
export interface LedgerPlace {
  /** How many entries the ledger has up to this record, with its own. Only differences count. */
  readonly entries: number;
  /** How many it had before the first record that tells of an event which may be open now. */
  readonly openSince: number;
}

export function encodePlace({ entries, openSince }: LedgerPlace): string {
  return `${entries}/${openSince}`;
}

/** @returns null for a record that does not say its place. */
export function decodePlace(header: string | undefined): LedgerPlace | null {
  const [, entries, openSince] = /^(\d{1,15})\/(\d{1,15})$/.exec(header ?? '') ?? [];
  return entries === undefined ? null : { entries: Number(entries), openSince: Number(openSince) };
}

/** Counts the entries of a ledger, record by record. */
export class EntryCount {
  private entries = 0;
  /**
   * How many entries there were before the first record that tells of an event, by its offset. In the order of these
   * records, so the first number is the smallest.
   */
  private readonly openSince = new Map<bigint, number>();
  private watermark = 0n;

  /** @param events the topic of the events. */
  constructor(private readonly events: string) {}

  /** The place that a record has if it is the next one. */
  placeOf(record: LedgerRecord): LedgerPlace {
    const entries = this.entries + record.entries.length;
    const watermark = this.watermarkOf(record);
    for (const [offset, before] of this.openSince) {
      if (offset >= watermark) return { entries, openSince: before };
    }
    return { entries, openSince: toldBy(record).length > 0 ? this.entries : entries };
  }

  /** Counts a record. @param place its place, if the record says it. */
  add(record: LedgerRecord, place: LedgerPlace | null = null): void {
    const before = place ? place.entries - record.entries.length : this.entries;
    const watermark = this.watermarkOf(record);
    // The topic of the events was made anew: its offsets are those of other events.
    if (watermark < this.watermark) this.openSince.clear();
    for (const offset of toldBy(record)) {
      if (!this.openSince.has(offset)) this.openSince.set(offset, before);
    }
    this.entries = before + record.entries.length;
    if (watermark === this.watermark) return;
    this.watermark = watermark;
    for (const offset of this.openSince.keys()) if (offset < watermark) this.openSince.delete(offset);
  }

  private watermarkOf(record: LedgerRecord): bigint {
    const own = isUnitRecord(record) ? record.positions.get(this.events)?.offset : record.next;
    return own ?? this.watermark;
  }
}

/** The events that a record tells of, by offset. */
function toldBy(record: LedgerRecord): readonly bigint[] {
  if (isUnitRecord(record)) return record.told.map(({ offset }) => offset);
  return record.begun ? [record.begun.offset] : [];
}
