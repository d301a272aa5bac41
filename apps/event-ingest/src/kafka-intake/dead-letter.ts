import { Topics } from '@skillora/contracts';
import type { OutgoingRecord, ReceivedRecord } from '@skillora/kafka';

import type { Unacceptable } from '../unacceptable.js';

/** Headers that are for people must not outgrow the record they explain. */
const MAX_DETAIL = 2_000;

/** Where a record stood. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** What is kept of a record that cannot be accepted: key, value and headers byte for byte, and why, and where it stood. */
export function deadLetter(
  record: ReceivedRecord,
  { topic, partition }: Place,
  refusal: Unacceptable,
): OutgoingRecord {
  const headers: Record<string, string | Buffer | (string | Buffer)[]> = {};
  for (const [name, value] of Object.entries(record.rawHeaders))
    if (value !== undefined) headers[name] = value;
  return {
    topic: Topics.interviewCompletionsDeadLetter,
    key: record.rawKey,
    value: record.value,
    headers: {
      ...headers,
      'dead-letter-reason': refusal.reason,
      'dead-letter-detail': refusal.message.toWellFormed().slice(0, MAX_DETAIL),
      'dead-letter-topic': topic,
      'dead-letter-partition': String(partition),
      'dead-letter-offset': String(record.offset),
      'dead-letter-timestamp': timeText(record.timestamp),
    },
  };
}

/** ISO 8601; producers may set any number, and what is no time is passed on as it is. */
function timeText(timestamp: number): string {
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? String(timestamp) : time.toISOString();
}
