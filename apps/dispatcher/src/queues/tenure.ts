/**
 * Since when this instance alone attempts the deliveries of each partition. Rate limits are exact only if no
 * other instance may attempt them too. An instance is alone from when the group has given it a partition, as
 * long as the group counts it as a member and no rebalance is under way. A group gives a partition to another
 * instance only when its former owner has joined again, or when the session of that one is over.
 */
export class Tenure {
  private readonly since = new Map<number, number>();
  private isForming = true;
  private isMember: () => boolean = () => false;

  /** @param clock a monotonic time, ms. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** @param isMember whether the group surely counts this instance as a member now. */
  follows(isMember: () => boolean): void {
    this.isMember = isMember;
  }

  /** The group has given these partitions to this instance. */
  gained(partitions: readonly number[]): void {
    for (const partition of partitions) this.since.set(partition, this.clock());
  }

  lost(partitions: readonly number[]): void {
    for (const partition of partitions) this.since.delete(partition);
  }

  /** A rebalance begins: other instances may get partitions before this one learns of it. */
  readonly shakes = (): void => {
    this.isForming = true;
  };

  /** The group has formed, and its assignment is applied. */
  readonly holds = (): void => {
    this.isForming = false;
  };

  /** Since when, by the clock; null while another instance may attempt deliveries of the partition. */
  aloneSince(partition: number): number | null {
    if (this.isForming || !this.isMember()) return null;
    return this.since.get(partition) ?? null;
  }
}
