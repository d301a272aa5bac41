/** How much an instance holds of open events. */
export interface HoldingLimits {
  readonly deliveries: number;
  readonly bytes: number;
}

/**
 * What the open events of all units of one instance hold: deliveries that have not ended, bodies, each once, and
 * results that wait to be written. Records are not counted: one event may have thousands of deliveries.
 */
export class Holdings {
  private deliveries = 0;
  private bytes = 0;

  constructor(private readonly limits: HoldingLimits) {}

  /** How many deliveries are held. */
  get held(): number {
    return this.deliveries;
  }

  /** How many bytes are held. */
  get heldBytes(): number {
    return this.bytes;
  }

  /** How much of the room is used, the greater of both shares: 1 when it is full. */
  get fullness(): number {
    return Math.max(this.deliveries / this.limits.deliveries, this.bytes / this.limits.bytes);
  }

  /** Whether another event may be taken. One always may, however large. */
  get hasRoom(): boolean {
    const isEmpty = this.deliveries === 0 && this.bytes === 0;
    return isEmpty || (this.bytes < this.limits.bytes && this.deliveries < this.limits.deliveries);
  }

  /** Whether an event that is held may get its deliveries: its body is counted. */
  get hasRoomForDeliveries(): boolean {
    return this.deliveries < this.limits.deliveries;
  }

  take(deliveries: number, bytes: number): void {
    this.deliveries += deliveries;
    this.bytes += bytes;
  }

  leave(deliveries: number, bytes: number): void {
    this.deliveries -= deliveries;
    this.bytes -= bytes;
  }
}
