import type { TraceContext } from './trace-context.js';

/**
 * The schema of a record's value: a name and a version, which the record's headers carry, and a codec.
 * Readers accept every version up to their own for ever; a change that old readers cannot read needs a new
 * version.
 */
export interface RecordSchema<T> {
  readonly name: string;
  readonly version: number;
  encode(value: T): Buffer;
  /** @throws {RecordSchemaError} when the bytes are not a record of this schema. */
  decode(value: Buffer): T;
}

/** The names of the headers that every record of ours carries. */
export const RecordHeaders = {
  schema: 'schema',
  schemaVersion: 'schema-version',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** On an event that came over Kafka: the position of its producer's record, as `topic/partition/offset`. */
  origin: 'origin',
} as const;

/** A record that does not match its topic's schema: something other than this system wrote it. */
export class RecordSchemaError extends Error {
  override readonly name = 'RecordSchemaError';
}

/** A schema whose value is a JSON object with at least the `required` fields, each of the given type. */
export function jsonRecordSchema<T extends object>(
  name: string,
  version: number,
  required: Readonly<Partial<Record<keyof T & string, 'string' | 'number' | 'boolean' | 'object'>>>,
): RecordSchema<T> {
  return {
    name,
    version,
    encode: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
    decode(bytes) {
      let value: unknown;
      try {
        value = JSON.parse(bytes.toString('utf8'));
      } catch {
        throw new RecordSchemaError(`${name}: the value is not JSON`);
      }
      if (typeof value !== 'object' || value === null) {
        throw new RecordSchemaError(`${name}: the value is not a JSON object`);
      }
      for (const [field, type] of Object.entries(required)) {
        const found: unknown = (value as Record<string, unknown>)[field];
        if (typeof found !== type || found === null) {
          throw new RecordSchemaError(`${name}: field ${field} is not a ${String(type)}`);
        }
      }
      return value as T;
    },
  };
}

/**
 * The headers of a record of `schema`. `trace` is the trace context of the record that caused this one, if it
 * had one.
 */
export function recordHeaders(
  schema: Pick<RecordSchema<never>, 'name' | 'version'>,
  trace: TraceContext = {},
): Record<string, string> {
  return {
    [RecordHeaders.schema]: schema.name,
    [RecordHeaders.schemaVersion]: String(schema.version),
    ...(trace.traceparent === undefined ? {} : { [RecordHeaders.traceparent]: trace.traceparent }),
    ...(trace.tracestate === undefined ? {} : { [RecordHeaders.tracestate]: trace.tracestate }),
  };
}
