const HOUR_MS = 3_600_000;

/** Does something to the database when the service starts, and every hour from then on. */
export class HourlyUpkeep {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  /** @param failed hears of a turn that failed; the next one comes within the hour all the same. */
  constructor(
    private readonly turn: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  start(): void {
    const begin = (): void => void (this.running = this.turn().catch(this.failed));
    begin();
    this.timer = setInterval(begin, HOUR_MS);
    this.timer.unref();
  }

  /** Resolves when the turn under way has ended. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }
}
