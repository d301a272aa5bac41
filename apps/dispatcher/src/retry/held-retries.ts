/** How many postponed deliveries, and how many bytes, an organisation may hold of one partition's window. */
export interface HeldLimits {
  readonly records: number;
  readonly bytes: number;
}

interface Held {
  records: number;
  bytes: number;
}

/**
 * Counts the deliveries that are held in memory although others behind them are due earlier, because
 * `Retry-After` postponed them. An organisation that could fill the window of a retry topic's partition with
 * them would hold up the retries of all others there.
 */
export class HeldRetries {
  private readonly held = new Map<string, Held>();

  constructor(private readonly limits: HeldLimits) {}

  /** True when the organisation may hold another delivery of this partition. */
  mayHold(partition: string, organizationId: string): boolean {
    const held = this.held.get(keyOf(partition, organizationId));
    return !held || (held.records < this.limits.records && held.bytes < this.limits.bytes);
  }

  /** Counts a delivery that is held. */
  hold(partition: string, organizationId: string, bytes: number): void {
    const key = keyOf(partition, organizationId);
    const held = this.held.get(key);
    if (held) {
      held.records += 1;
      held.bytes += bytes;
    } else this.held.set(key, { records: 1, bytes });
  }

  /** Counts a delivery that is held no longer. */
  release(partition: string, organizationId: string, bytes: number): void {
    const key = keyOf(partition, organizationId);
    const held = this.held.get(key);
    if (!held) return;
    held.records -= 1;
    held.bytes -= bytes;
    if (held.records === 0) this.held.delete(key);
  }
}

function keyOf(partition: string, organizationId: string): string {
  return `${partition} ${organizationId}`;
}
