const HOUR_MS = 3_600_000;

/** Runs a task on the database when the service starts, and then every hour. */
export class HourlyUpkeep {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  /** @param failed is called when a run fails; the next one comes within the hour all the same. */
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

  /** Resolves when the current run has ended. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.running;
  }
}
