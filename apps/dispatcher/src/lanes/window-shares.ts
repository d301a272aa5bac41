/** What a partition's window takes before the partition is paused. */
export interface WindowSize {
  readonly records: number;
  readonly bytes: number;
}

/**
 * How long a delivery will stay in memory. `soon`: its endpoint keeps up, so it leaves in a moment.
 * `uncertain`: the endpoint is slow, or it is not known yet how it answers.
 */
export type Outlook = 'soon' | 'uncertain';

/** The deliveries of one organisation that one partition's window holds. */
interface Holding {
  records: number;
  bytes: number;
  /** When one of them last left the memory, by the clock, ms. */
  leftAt: number;
}

/** One window: a partition of one of the lanes. */
interface Window {
  readonly holdings: Map<string, Holding>;
  /** The organisation of the delivery that was read last, and when. */
  newest: { readonly organizationId: string; readonly at: number };
  /** When a delivery of another organisation than that one was last read; -Infinity if never. */
  otherAt: number;
}

/**
 * The parts of a window that one organisation may hold. While it is alone in the partition, its prompt
 * endpoints may fill the window, because nobody waits behind them. With others in the partition, half of the
 * window stays free for them even if four organisations hang at once. Deliveries that leave soon may use
 * twice as much as others, so endpoints that hang never use up the share of the prompt endpoints beside them.
 */
const PARTS = {
  alone: { soon: Infinity, uncertain: 1 / 2 },
  withOthers: { soon: 1 / 4, uncertain: 1 / 8 },
} as const;
/** An organisation is alone in a partition if no delivery of another one was read for this long. */
const ALONE_AFTER_MS = 60_000;
/** What one organisation may hold over all windows of an instance, bytes: there can be many partitions. */
const MOST_BYTES_OF_INSTANCE = 64 * 1_024 * 1_024;
/** If nothing of an organisation has left the memory for this long, its share will not be free in a moment. */
const DRAINS_MS = 1_000;

/**
 * Counts what each organisation holds of each partition's window, from when a delivery is taken into memory
 * until its attempt has ended. A window that one organisation could fill would hold up all others on the
 * partition. Times are ms of one monotonic clock.
 */
export class WindowShares {
  private readonly windows = new Map<string, Window>();
  /** The bytes of each organisation in all windows. */
  private readonly totals = new Map<string, number>();

  /** @param size the size of each window. */
  constructor(private readonly size: WindowSize) {}

  /** Notes that a delivery of the organisation was read, whether it is taken or not. */
  read(window: string, organizationId: string, now: number): void {
    const newest = { organizationId, at: now };
    const known = this.windows.get(window);
    if (!known) {
      this.windows.set(window, { holdings: new Map(), newest, otherAt: -Infinity });
      return;
    }
    if (known.newest.organizationId !== organizationId) known.otherAt = known.newest.at;
    known.newest = newest;
  }

  /** True when the organisation may hold another delivery of this window. A first one always has room. */
  hasRoom(window: string, organizationId: string, outlook: Outlook, now: number): boolean {
    const held = this.windows.get(window)?.holdings.get(organizationId);
    if (!held || held.records === 0) return true;
    if ((this.totals.get(organizationId) ?? 0) >= MOST_BYTES_OF_INSTANCE) return false;
    const part = PARTS[this.isAlone(window, organizationId, now) ? 'alone' : 'withOthers'][outlook];
    return held.records < Math.max(1, this.size.records * part) && held.bytes < this.size.bytes * part;
  }

  /** True when the organisation's share of this window will be free in a moment. */
  drains(window: string, organizationId: string, now: number): boolean {
    const held = this.windows.get(window)?.holdings.get(organizationId);
    return held === undefined || now - held.leftAt < DRAINS_MS;
  }

  /** Counts a delivery that was read and is taken into memory. */
  take(window: string, organizationId: string, bytes: number, now: number): void {
    const holdings = this.windows.get(window)?.holdings;
    const held = holdings?.get(organizationId);
    if (held) {
      held.records += 1;
      held.bytes += bytes;
    } else holdings?.set(organizationId, { records: 1, bytes, leftAt: now });
    this.totals.set(organizationId, (this.totals.get(organizationId) ?? 0) + bytes);
  }

  /** Counts a delivery that leaves the memory. */
  leave(window: string, organizationId: string, bytes: number, now: number): void {
    const holdings = this.windows.get(window)?.holdings;
    const held = holdings?.get(organizationId);
    if (!holdings || !held) return;
    held.records -= 1;
    held.bytes -= bytes;
    held.leftAt = now;
    if (held.records === 0) holdings.delete(organizationId);
    const total = (this.totals.get(organizationId) ?? 0) - bytes;
    if (total > 0) this.totals.set(organizationId, total);
    else this.totals.delete(organizationId);
  }

  private isAlone(window: string, organizationId: string, now: number): boolean {
    const known = this.windows.get(window);
    if (!known) return true;
    const otherAt = known.newest.organizationId === organizationId ? known.otherAt : known.newest.at;
    return now - otherAt > ALONE_AFTER_MS;
  }
}
