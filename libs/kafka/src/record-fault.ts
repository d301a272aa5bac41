/** What a broker answers to a record that it will never take, however often it is sent. */
const REFUSED_FOR_GOOD: ReadonlySet<unknown> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Thrown for a record that our own code cannot deal with, whatever the cause is. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/**
 * True when an error comes from the records that were handled, so that no waiting mends it: a broker refuses them for good,
 * or our own code cannot deal with them. All else is taken for the fault of what is around (brokers away, rights that
 * are missing), which ends some time and must not cost a single record.
 */
export function isRecordFault(error: unknown): boolean {
  if (error instanceof RecordFault) return true;
  if (isProgrammingError(error)) return true;
  const { name, type } = (error ?? {}) as { name?: unknown; type?: unknown };
  return name === 'KafkaJSProtocolError' && REFUSED_FOR_GOOD.has(type);
}

/** An error that the language throws at code that is wrong, or at data it did not expect. */
function isProgrammingError(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError ||
    error instanceof URIError
  );
}
