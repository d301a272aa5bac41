import { Topics } from '@skillora/contracts';
import { type OutgoingRecord, type RawHeader, textHeader } from '@skillora/kafka';

import { type DeadLetter, placeText } from './dead-letter.js';

/** The headers that a redriven record has in addition to its own, in this order. */
const ADDED = ['redriven-from', 'redriven-origin', 'redriven-at'] as const;

/**
 * The record that a dead letter becomes on the public topic: key, value and headers of the refused record,
 * byte for byte and in order. Three more headers say on which letter it was (`redriven-from`,
 * topic/partition/offset), where the refused record was (`redriven-origin`), and when it was redriven
 * (`redriven-at`). If it is refused and redriven again, the new three replace the former three.
 */
export function redrivenRecord(letter: DeadLetter, at: Date): OutgoingRecord {
  const { key, value, headers, refusal } = letter;
  const origin = refusal === null ? '' : `${refusal.topic}/${refusal.partition}/${refusal.offset}`;
  return {
    topic: Topics.interviewCompletions,
    key,
    value,
    headers: [
      ...withoutFormer(headers),
      textHeader(ADDED[0], `${Topics.interviewCompletionsDeadLetter}/${placeText(letter)}`),
      textHeader(ADDED[1], origin),
      textHeader(ADDED[2], at.toISOString()),
    ],
  };
}

/** Only the last headers are ours: a producer may have headers of the same names. */
function withoutFormer(headers: readonly RawHeader[]): readonly RawHeader[] {
  const last = headers.slice(-ADDED.length).map(({ name }) => name.toString('utf8'));
  return last.join() === ADDED.join() ? headers.slice(0, -ADDED.length) : headers;
}
