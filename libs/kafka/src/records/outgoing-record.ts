import { LARGEST_BATCH_BYTES } from '@skillora/contracts';
import type { Message, TopicMessages } from 'kafkajs';

import { inOrder } from '../kafkajs-patches/keep-all-headers.js';
import type { RawHeader } from './record-headers.js';

/** Headers by name; a list for a name that occurs more than once. */
export type HeaderValues = Readonly<Record<string, string | Buffer | (string | Buffer)[]>>;

/** A record to write. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly key: string | Buffer | null;
  /** Null writes a tombstone. */
  readonly value: Buffer | null;
  /** Headers by name, or byte for byte in this order. */
  readonly headers?: HeaderValues | readonly RawHeader[];
  /** Set it to choose the partition; otherwise the key decides. */
  readonly partition?: number;
}

/**
 * The maximum size of one request: kafkajs creates one record batch for each partition and request, and a
 * batch above the broker's `message.max.bytes` (1 MiB) makes the whole request fail.
 */
export const MAX_REQUEST_BYTES = LARGEST_BATCH_BYTES;

/**
 * The size of a record beyond its key, value and headers: length fields, timestamps, offsets. It is an upper
 * estimate.
 */
const RECORD_OVERHEAD_BYTES = 64;
/** The length fields of a header's name and value. */
const HEADER_OVERHEAD_BYTES = 8;

/** The estimated size of a record on the wire, bytes; a little too high. */
export function recordBytes(record: OutgoingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  const { headers = {} } = record;
  if (isList(headers)) {
    for (const { name, value } of headers)
      bytes += name.length + (value?.length ?? 0) + HEADER_OVERHEAD_BYTES;
    return bytes;
  }
  for (const [name, value] of Object.entries(headers)) {
    for (const each of Array.isArray(value) ? value : [value])
      bytes += name.length + each.length + HEADER_OVERHEAD_BYTES;
  }
  return bytes;
}

function isList(headers: HeaderValues | readonly RawHeader[]): headers is readonly RawHeader[] {
  return Array.isArray(headers);
}

/**
 * Splits records, in order, into runs that each fit into one request. A record that is too large by itself
 * gets its own run. A run is created when it is read, so records that are created on the way need memory for
 * one run only.
 */
export function* splitByBytes(
  records: Iterable<OutgoingRecord>,
  maxBytes: number = MAX_REQUEST_BYTES,
): Generator<OutgoingRecord[], void, void> {
  let run: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
    if (run.length > 0 && bytes + size > maxBytes) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(record);
    bytes += size;
  }
  if (run.length > 0) yield run;
}

/** Groups records by topic, in order, into kafkajs' shape. */
export function toTopicMessages(records: readonly OutgoingRecord[]): TopicMessages[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, key, value, headers, partition } of records) {
    let messages = byTopic.get(topic);
    if (!messages) byTopic.set(topic, (messages = []));
    messages.push({
      key,
      value,
      ...(headers === undefined ? {} : { headers: isList(headers) ? inOrder(headers) : { ...headers } }),
      ...(partition === undefined ? {} : { partition }),
    });
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
