/** What of an endpoint is in the slow lane, as far as this copy has seen. */
interface Away {
  readonly partition: number;
  /** Written there by this copy and not read back. */
  count: number;
}

/**
 * Who has deliveries in the slow lane. While an endpoint has, its later deliveries follow them there, so that none
 * overtakes; when all have been read back it is in the main lane again. What a former owner of the partition left there
 * is not known of, and at most late.
 */
export class SlowLane {
  private readonly endpoints = new Map<string, Away>();

  /** How many endpoints have deliveries there. */
  get size(): number {
    return this.endpoints.size;
  }

  /** True when later deliveries of the endpoint are to follow earlier ones there. */
  holds(endpointId: string): boolean {
    return this.endpoints.has(endpointId);
  }

  /** A delivery goes there. */
  goes(endpointId: string, partition: number): void {
    let away = this.endpoints.get(endpointId);
    if (!away) this.endpoints.set(endpointId, (away = { partition, count: 0 }));
    away.count += 1;
  }

  /** A delivery was read from there. */
  comes(endpointId: string): void {
    const away = this.endpoints.get(endpointId);
    if (!away) return;
    away.count -= 1;
    if (away.count <= 0) this.endpoints.delete(endpointId);
  }

  /** The partition is another copy's now. */
  lost(partition: number): void {
    for (const [endpointId, away] of this.endpoints) {
      if (away.partition === partition) this.endpoints.delete(endpointId);
    }
  }
}
