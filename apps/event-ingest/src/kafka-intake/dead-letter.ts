import { Topics } from '@skillora/contracts';
import {
  deadLetter,
  deadLetterForms,
  internalRefusal,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordPlace,
} from '@skillora/kafka';

import type { Unacceptable } from '../unacceptable.js';

const TOPIC = Topics.interviewCompletionsDeadLetter;

/** What is kept of a record that cannot be accepted: all of it, and why, and where it stood. */
export function refusedRecord(
  record: ReceivedRecord,
  place: RecordPlace,
  { reason, message }: Unacceptable,
): OutgoingRecord {
  return deadLetter(TOPIC, record, place, { reason, detail: message });
}

/** What is kept of a record that we could not deal with: the fullest of these that the brokers take. */
export function unhandledRecord(
  record: ReceivedRecord,
  place: RecordPlace,
  error: unknown,
): readonly OutgoingRecord[] {
  return deadLetterForms(TOPIC, record, place, internalRefusal(error));
}
