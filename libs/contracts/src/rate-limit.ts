/** The limits of {@link EndpointState.rateLimit}, attempts a second. */
export const RATE_LIMIT = { least: 1, most: 1_000 } as const;

/** True for a rate limit that an endpoint may have: a whole number of attempts a second. */
export function isRateLimit(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= RATE_LIMIT.least &&
    value <= RATE_LIMIT.most
  );
}
