import { type RecordSchema, RecordSchemaError, traceIds } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';

import { type ReceivedRecord, traceOf } from './received-record.js';

/** Where a record was read. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Decodes a record of one of our topics.
 * @returns null when the record does not match the schema. This is logged, since only our services may write
 * to the topic.
 */
export function decodeRecord<T>(
  schema: RecordSchema<T>,
  { value, offset, headers, unreadable }: Pick<ReceivedRecord, 'value' | 'offset' | 'headers' | 'unreadable'>,
  { topic, partition }: RecordPlace,
  logger: Logger,
): T | null {
  try {
    if (unreadable !== undefined) throw new RecordSchemaError(`${schema.name}: ${unreadable}`);
    if (value === null) throw new RecordSchemaError(`${schema.name}: the record has no value`);
    return schema.decode(value);
  } catch (error) {
    if (!(error instanceof RecordSchemaError)) throw error;
    logger.error(
      { err: error, topic, partition, offset: String(offset), ...traceIds(traceOf({ headers })) },
      'a record does not match the schema of its topic and was skipped. Something other than our services writes to this topic: find it and stop it',
    );
    return null;
  }
}
