/** Lines that are updated in place on a terminal, and printed at intervals elsewhere. */
export class LiveDisplay {
  private shown = 0;
  private writtenAt = 0;

  /** @param everyMs the interval for an output that is not a terminal. */
  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly everyMs = 5_000,
  ) {}

  show(lines: readonly string[]): void {
    if (this.output.isTTY) {
      const width = this.output.columns;
      this.output.write(
        (this.shown > 0 ? `\u001b[${this.shown}A` : '') +
          lines.map((line) => `\u001b[2K${line.slice(0, width - 1)}\n`).join(''),
      );
      this.shown = lines.length;
      return;
    }
    const now = performance.now();
    if (now - this.writtenAt < this.everyMs) return;
    this.writtenAt = now;
    this.output.write(`${lines.join('\n')}\n`);
  }
}
