import { type RecordSchema, RecordSchemaError, Topics } from '@skillora/contracts';
import {
  deadLetterForms,
  internalRefusal,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordPlace,
} from '@skillora/kafka';

/**
 * The versions of a dead letter for a record that a stage could not handle. The fullest version that the
 * brokers accept is written.
 */
export function unhandledRecord(
  record: ReceivedRecord,
  place: RecordPlace,
  error: unknown,
): readonly OutgoingRecord[] {
  return deadLetterForms(Topics.deadLetter, record, place, internalRefusal(error));
}

/** The dead letter of a record that does not match the schema of its topic. */
export function schemaMismatch({ name }: Pick<RecordSchema<never>, 'name'>): RecordSchemaError {
  return new RecordSchemaError(`not a record of the schema ${name}`);
}
