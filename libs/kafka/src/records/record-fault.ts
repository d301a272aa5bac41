/** Errors of a broker that mean that it will never accept the record. */
const REFUSED_FOR_GOOD: ReadonlySet<unknown> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** Thrown for a record on which our own code fails, for whatever reason. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}

/**
 * True when the records themselves cause the error, so that waiting does not help: a broker refuses them for
 * good, or our own code fails on them. Every other error is blamed on the surroundings (brokers that are
 * down, missing rights). It ends some time, and must not cost a record.
 */
export function isRecordFault(error: unknown): boolean {
  if (error instanceof RecordFault) return true;
  if (isProgrammingError(error)) return true;
  const { name, type } = (error ?? {}) as { name?: unknown; type?: unknown };
  return name === 'KafkaJSProtocolError' && REFUSED_FOR_GOOD.has(type);
}

/** An error that JavaScript throws for faulty code or unexpected data. */
function isProgrammingError(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError ||
    error instanceof SyntaxError ||
    error instanceof URIError
  );
}
