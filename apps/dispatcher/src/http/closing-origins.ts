/** How long connections to such an origin are not reused, ms. */
const REMEMBERED_MS = 600_000;

/**
 * Remembers origins that close connections without announcing it. A request that crosses such a close is
 * lost, and nobody can tell whether it was read (RFC 9110, 9.2.2). So each request to such an origin uses its
 * own connection.
 */
export class ClosingOrigins {
  /** When each origin last did so, oldest first. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly limit: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(origin: string): void {
    this.seen.delete(origin);
    this.seen.set(origin, this.now());
    const [oldest] = this.seen.keys();
    if (this.seen.size > this.limit && oldest !== undefined) this.seen.delete(oldest);
  }

  has(origin: string): boolean {
    const at = this.seen.get(origin);
    if (at === undefined) return false;
    if (this.now() - at < REMEMBERED_MS) return true;
    this.seen.delete(origin);
    return false;
  }
}
