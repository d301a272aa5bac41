/**
 * The bodies that were read last, up to a number of bytes. A body is thrown out when newer or later used ones need its
 * room; a larger one than all of the room is not kept.
 */
export class BodyCache {
  /** In the order of their last use. */
  private readonly bodies = new Map<string, Buffer>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(key: string): Buffer | undefined {
    const body = this.bodies.get(key);
    if (body) {
      this.bodies.delete(key);
      this.bodies.set(key, body);
    }
    return body;
  }

  keep(key: string, body: Buffer): void {
    if (body.length > this.maxBytes) return;
    this.bytes += body.length - (this.bodies.get(key)?.length ?? 0);
    this.bodies.delete(key);
    this.bodies.set(key, body);
    for (const [oldest, { length }] of this.bodies) {
      if (this.bytes <= this.maxBytes) return;
      this.bodies.delete(oldest);
      this.bytes -= length;
    }
  }
}
