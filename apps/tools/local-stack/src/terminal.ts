/** The output of this program for people: the only place that writes to standard output. */
export class Terminal {
  private readonly colours: boolean;

  constructor(
    private readonly output: NodeJS.WriteStream = process.stdout,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.colours = output.isTTY && (env['NO_COLOR'] ?? '') === '';
    // The reader of our output may have gone (a closed terminal, `| head`); the stack must still end in
    // order.
    output.on('error', () => undefined);
  }

  /** Prints a line as it is; without a text, an empty one. */
  line(text = ''): void {
    this.output.write(`${text}\n`);
  }

  /** Reports a finished step. */
  done(text: string): void {
    this.line(`${this.paint('32', '✓')} ${text}`);
  }

  /** Reports a step in progress. */
  progress(text: string): void {
    this.line(`${this.paint('2', '…')} ${text}`);
  }

  /** Reports something that the reader should know. */
  warn(text: string): void {
    this.line(`${this.paint('33', '!')} ${text}`);
  }

  /** Reports why the program ends. */
  problem(text: string): void {
    this.line(`${this.paint('31', '✗')} ${text}`);
  }

  heading(text: string): void {
    this.line();
    this.line(this.paint('1', text));
  }

  private paint(code: string, text: string): string {
    return this.colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** A span of time as people read it: `35 ms`, `2.4 s`. */
export function span(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
