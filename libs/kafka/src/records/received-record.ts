import { RecordHeaders, type TraceContext } from '@skillora/contracts';
import type { IHeaders, KafkaMessage } from 'kafkajs';

import { headerList, headerTexts, type RawHeader } from './record-headers.js';
import type { FetchedMessage } from '../kafkajs-patches/kafkajs-internals.js';

/** A record as it was read. */
export interface ReceivedRecord {
  readonly key: string | null;
  readonly rawKey: Buffer | null;
  readonly value: Buffer | null;
  /** Header values as UTF-8. For a repeated header it is the last value, as in Kafka's own clients. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawHeaders: IHeaders;
  /** All headers byte for byte, in order. */
  readonly headerList: readonly RawHeader[];
  readonly offset: bigint;
  /** When it was written, ms since the epoch. */
  readonly timestamp: number;
  /** Why nobody can read the records here: the value is then a whole record batch, byte for byte. */
  readonly unreadable?: string;
}

export function toReceivedRecord(message: KafkaMessage): ReceivedRecord {
  const list = headerList(message.headers);
  const { unreadable } = message as Partial<FetchedMessage>;
  return {
    key: message.key?.toString('utf8') ?? null,
    rawKey: message.key,
    value: message.value,
    headers: headerTexts(list),
    rawHeaders: message.headers ?? {},
    headerList: list,
    offset: BigInt(message.offset),
    timestamp: Number(message.timestamp),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** The trace context of a record, for what follows from it. */
export function traceOf({ headers }: Pick<ReceivedRecord, 'headers'>): TraceContext {
  return { traceparent: headers[RecordHeaders.traceparent], tracestate: headers[RecordHeaders.tracestate] };
}
