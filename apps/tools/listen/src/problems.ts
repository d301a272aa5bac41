/** Why the command cannot go on, in one line for the person who started it. */
export class Hopeless extends Error {
  /** @param exitCode 1: the API refuses; 2: the command was not called as it must be. */
  constructor(
    message: string,
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

/** An answer of the API that is no 2xx. */
export class ApiRefusal extends Error {
  /**
   * @param detail what the API says about it, in one line.
   * @param retryAfterMs how long the API asks to wait; null if it does not say.
   */
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly retryAfterMs: number | null,
  ) {
    super(`the API answered ${status}: ${detail}`);
  }
}

/** The reason of a failed request in a few words: Node hides it in causes. */
export function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error) {
    const [cause] = deepest instanceof AggregateError ? (deepest.errors as unknown[]) : [deepest.cause];
    if (cause === undefined) break;
    deepest = cause;
  }
  const text = deepest instanceof Error ? deepest.message : String(deepest);
  return oneLine(text === '' ? 'no reason was given' : text);
}

/** Text of others on one line of a terminal: control characters could move its cursor. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 500);
}
