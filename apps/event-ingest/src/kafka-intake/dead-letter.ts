import { deadLetterHeaders, Topics } from '@skillora/contracts';
import type { OutgoingRecord, ReceivedRecord } from '@skillora/kafka';

import type { Unacceptable } from '../unacceptable.js';

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
      ...deadLetterHeaders(refusal.reason, refusal.message, { ...record, topic, partition }),
    },
  };
}
