import { Topics } from '@skillora/contracts';
import {
  deadLetter,
  deadLetterForms,
  internalRefusal,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordPlace,
} from '@skillora/kafka';

import type { UnacceptableException } from '../unacceptable.js';

const TOPIC = Topics.interviewCompletionsDeadLetter;

/** The dead letter of a refused record: the whole record, the reason, and where the record was. */
export function refusedRecord(
  record: ReceivedRecord,
  place: RecordPlace,
  { reason, message }: UnacceptableException,
): OutgoingRecord {
  return deadLetter(TOPIC, record, place, { reason, detail: message });
}

/** The dead letter of a record on which our code failed: the fullest form that the brokers accept. */
export function unhandledRecord(
  record: ReceivedRecord,
  place: RecordPlace,
  error: unknown,
): readonly OutgoingRecord[] {
  return deadLetterForms(TOPIC, record, place, internalRefusal(error));
}
