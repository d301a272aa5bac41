import { RecordHeaders, type TraceContext } from '@skillora/contracts';
import type { IHeaders, KafkaMessage } from 'kafkajs';

import { headerList, headerTexts, type RawHeader } from './record-headers.js';
import type { FetchedMessage } from './kafkajs-internals.js';

/** A record as it was read. */
export interface ReceivedRecord {
  readonly key: string | null;
  readonly rawKey: Buffer | null;
  readonly value: Buffer | null;
  /** Header values as UTF-8; of a repeated header the last one, as Kafka's own clients read it. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawHeaders: IHeaders;
  /** All headers byte for byte, in their order. */
  readonly headerList: readonly RawHeader[];
  readonly offset: bigint;
  /** When it was written, ms since the epoch. */
  readonly timestamp: number;
  /** Why nobody can read what was written here: the value is then a whole record batch, byte for byte. */
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

/** The trace a record belongs to, to be carried on. */
export function traceOf({ headers }: Pick<ReceivedRecord, 'headers'>): TraceContext {
  return { traceparent: headers[RecordHeaders.traceparent], tracestate: headers[RecordHeaders.tracestate] };
}
