/** Two clocks, ms: one may be set, and the other may stand still while the machine is suspended. */
export interface HeartbeatClocks {
  wall(): number;
  monotonic(): number;
}

const CLOCKS: HeartbeatClocks = { wall: () => Date.now(), monotonic: () => performance.now() };
const NEVER = { wall: Number.NEGATIVE_INFINITY, monotonic: Number.NEGATIVE_INFINITY };

/**
 * The last heartbeat that the group has confirmed. The session of a member lasts at least its timeout from when that one
 * was sent, whatever happened since: until then nobody else owns the member's partitions.
 */
export class ConfirmedHeartbeat {
  private answeredSentAt = NEVER;
  private confirmedSentAt = NEVER;
  private waiting: { readonly since: number; readonly resolve: () => void }[] = [];

  constructor(private readonly clocks: HeartbeatClocks = CLOCKS) {}

  /** How long ago it was sent, by the clock that says more, ms; infinity if there is none. */
  get ageMs(): number {
    const { wall, monotonic } = this.confirmedSentAt;
    return Math.max(this.clocks.wall() - wall, this.clocks.monotonic() - monotonic);
  }

  /** A heartbeat was answered, `durationMs` after it was sent. The answer may be a refusal. */
  answered(durationMs: number): void {
    const { clocks } = this;
    this.answeredSentAt = { wall: clocks.wall() - durationMs, monotonic: clocks.monotonic() - durationMs };
  }

  /** The last answer was a confirmation. */
  confirmed(): void {
    this.confirmedSentAt = this.answeredSentAt;
    const isOver = ({ since }: { since: number }): boolean => since < this.confirmedSentAt.monotonic;
    const over = this.waiting.filter(isOver);
    this.waiting = this.waiting.filter((each) => !isOver(each));
    for (const { resolve } of over) resolve();
  }

  /** Resolves when a heartbeat is confirmed that was sent after this call. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ since: this.clocks.monotonic(), resolve }));
  }
}
