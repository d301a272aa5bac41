/** The position of a record, and when it was written. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Ms since the epoch: when the broker appended it, or as its producer set it, which may be any number. */
  readonly timestamp: number;
}

/** The maximum length of the headers for people, so that they do not outgrow the record. */
const MAX_DETAIL_CHARACTERS = 2_000;

/**
 * The headers that a dead letter has in addition to those of its record: why it was refused, and where it
 * was.
 * @param reason a word that operators look for.
 * @param detail one or more sentences for people; text beyond 2,000 characters is cut off.
 */
export function deadLetterHeaders(
  reason: string,
  detail: string,
  { topic, partition, offset, timestamp }: RecordOrigin,
): Record<string, string> {
  return {
    'dead-letter-reason': reason,
    'dead-letter-detail': detail.toWellFormed().slice(0, MAX_DETAIL_CHARACTERS),
    'dead-letter-topic': topic,
    'dead-letter-partition': String(partition),
    'dead-letter-offset': String(offset),
    'dead-letter-timestamp': timeText(timestamp),
  };
}

/** ISO 8601; a value that is not a time is passed on as it is. */
function timeText(timestamp: number): string {
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? String(timestamp) : time.toISOString();
}
