/**
 * SQLSTATE classes: connection exceptions, insufficient resources, operator intervention (a server that shuts
 * down).
 */
const AWAY_CLASSES = new Set(['08', '53', '57']);
const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** True when an error means that PostgreSQL cannot serve at present. False when it refused a statement. */
export function isDatabaseAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return SYSTEM_CODES.has(code) || AWAY_CLASSES.has(code.slice(0, 2));
  // The driver's own errors have no code.
  return (
    typeof message === 'string' &&
    /connection terminated|timeout exceeded when trying to connect|not queryable/i.test(message)
  );
}
