import { RecordHeaders, type TraceContext } from '@skillora/contracts';
import type { IHeaders, KafkaMessage } from 'kafkajs';

import type { FetchedMessage } from '../kafkajs-patches/kafkajs-internals.js';
import { headersByName, type RawHeader } from './record-headers.js';
import { headerList, type HeaderTexts, textsOf } from './unread-headers.js';

/** A record as it was read. Do not spread it: its headers are read by getters. */
export interface ReceivedRecord {
  readonly key: string | null;
  readonly rawKey: Buffer | null;
  readonly value: Buffer | null;
  /** Header values as UTF-8. For a repeated header it is the last value, as in Kafka's own clients. */
  readonly headers: HeaderTexts;
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
  return new FetchedRecord(message);
}

class FetchedRecord implements ReceivedRecord {
  readonly key: string | null;
  readonly rawKey: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly unreadable?: string;
  private readonly unreadHeaders: KafkaMessage['headers'];
  private texts: HeaderTexts | null = null;

  constructor(message: KafkaMessage) {
    const { unreadable } = message as Partial<FetchedMessage>;
    this.key = message.key?.toString('utf8') ?? null;
    this.rawKey = message.key;
    this.value = message.value;
    this.offset = BigInt(message.offset);
    this.timestamp = Number(message.timestamp);
    this.unreadHeaders = message.headers;
    if (unreadable !== undefined) this.unreadable = unreadable;
  }

  get headers(): HeaderTexts {
    return (this.texts ??= textsOf(this.unreadHeaders));
  }

  get rawHeaders(): IHeaders {
    return headersByName(this.headerList);
  }

  get headerList(): readonly RawHeader[] {
    return headerList(this.unreadHeaders);
  }
}

/** The trace context of a record, for what follows from it. */
export function traceOf({ headers }: Pick<ReceivedRecord, 'headers'>): TraceContext {
  return { traceparent: headers[RecordHeaders.traceparent], tracestate: headers[RecordHeaders.tracestate] };
}
