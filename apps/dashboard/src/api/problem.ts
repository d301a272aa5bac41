/** An error answer of the API. */
export class Problem extends Error {
  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    message: string,
    /** The problems of each field of the body or query. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** When the request may be repeated, ms from now, as the API says. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }

  /** Worth repeating: too many requests, a system that is down, no connection. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

const LONGEST_WAIT_MS = 60_000;

/** Reads an error answer; its body may be anything. */
export function toProblem(status: number, retryAfter: string | null, body: unknown): Problem {
  const seconds = Number(retryAfter);
  const wait =
    retryAfter !== null && Number.isFinite(seconds)
      ? Math.min(LONGEST_WAIT_MS, Math.max(0, seconds * 1_000))
      : null;
  if (typeof body !== 'object' || body === null) return new Problem(status, general(status), {}, wait);
  const { detail, message, ...rest } = body as Record<string, unknown>;
  if (typeof detail === 'string') return new Problem(status, detail, {}, wait);
  if (typeof message === 'string') return new Problem(status, message, {}, wait);
  const fields = Object.fromEntries(
    Object.entries(rest).map(([field, problems]) => [field, [problems].flat().map(String).join('\n')]),
  );
  const whole = fields['non_field_errors'] ?? Object.values(fields).join(' ');
  return new Problem(status, whole || general(status), fields, wait);
}

function general(status: number): string {
  return status >= 500 ? 'The server has a problem. Please try again.' : `The server answered ${status}.`;
}
