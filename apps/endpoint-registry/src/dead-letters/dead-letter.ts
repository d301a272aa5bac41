import { deadLetterHeaders } from '@skillora/contracts';
import { LEFT_OUT, type RawHeader, type ReceivedRecord } from '@skillora/kafka';

/** A place on a topic: its name in messages is `partition/offset`. */
export interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

/** Why a record was refused, and where it was. */
export interface Refusal {
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
  /** When the producer wrote the record, as ISO 8601, or the number it gave if that is no time. */
  readonly timestamp: string;
  /** The parts of the record that were too large for the topic; null if the record is whole. */
  readonly leftOut: string | null;
}

/** A record of the dead-letter topic: the refused record, and why it is there. */
export interface DeadLetter extends Place {
  /** Ms since the epoch. */
  readonly refusedAt: number;
  /** Null if none of our services wrote it. */
  readonly refusal: Refusal | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The headers that the refused record had itself. */
  readonly headers: readonly RawHeader[];
}

/** The headers that our services add behind those of the record, in this order. */
const ADDED = Object.keys(deadLetterHeaders('', '', { topic: '', partition: 0, offset: 0n, timestamp: 0 }));

/**
 * Reads a record of the dead-letter topic. Only the last headers are ours: a producer may have headers of
 * the same names, and they belong to its record.
 */
export function readDeadLetter(record: ReceivedRecord, partition: number): DeadLetter {
  const { offset, timestamp: refusedAt, rawKey: key, value, headerList } = record;
  const base = { partition, offset, refusedAt, key, value };
  const last = headerList.at(-1);
  const leftOut = last !== undefined && nameOf(last) === LEFT_OUT ? textOf(last) : null;
  const end = headerList.length - (leftOut === null ? 0 : 1);
  const begin = end - ADDED.length;
  const added = begin < 0 ? [] : headerList.slice(begin, end);
  if (added.map(nameOf).join() !== ADDED.join()) return { ...base, refusal: null, headers: headerList };
  const [reason = '', detail = '', topic = '', from = '', at = '', timestamp = ''] = added.map(textOf);
  return {
    ...base,
    refusal: { reason, detail, topic, partition: from, offset: at, timestamp, leftOut },
    headers: headerList.slice(0, begin),
  };
}

/** `partition/offset`. */
export function placeText({ partition, offset }: Place): string {
  return `${partition}/${offset}`;
}

function nameOf({ name }: RawHeader): string {
  return name.toString('utf8');
}

function textOf({ value }: RawHeader): string {
  return value?.toString('utf8') ?? '';
}
