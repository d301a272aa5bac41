import { type RecordSchema, RecordSchemaError, Topics } from '@skillora/contracts';
import {
  deadLetterForms,
  internalRefusal,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordPlace,
} from '@skillora/kafka';

/** What is kept of a record that a stage could not handle: the fullest of these that the brokers take. */
export function unhandledRecord(
  record: ReceivedRecord,
  place: RecordPlace,
  error: unknown,
): readonly OutgoingRecord[] {
  return deadLetterForms(Topics.deadLetter, record, place, internalRefusal(error));
}

/** Says of a record that it does not fit the schema of its topic. */
export function foreign({ name }: Pick<RecordSchema<never>, 'name'>): RecordSchemaError {
  return new RecordSchemaError(`not a record of the schema ${name}`);
}
