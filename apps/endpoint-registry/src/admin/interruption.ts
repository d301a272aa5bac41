/** The wish of the operator to end a command: Ctrl-C, or SIGTERM. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (): void => {
    // A second one ends the process at once.
    this.dispose();
    this.controller.abort();
  };

  constructor() {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  dispose(): void {
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
  }
}
