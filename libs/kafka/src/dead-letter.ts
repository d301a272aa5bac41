import { deadLetterHeaders, RecordSchemaError } from '@skillora/contracts';

import type { RecordPlace } from './decode-record.js';
import type { OutgoingRecord } from './outgoing-record.js';
import type { ReceivedRecord } from './received-record.js';
import { isRecordFault, RecordFault } from './record-fault.js';
import { type RawHeader, textHeader } from './record-headers.js';

/** Why a record is put aside. */
export interface Refusal {
  /** One word that a program can go by. */
  readonly reason: string;
  /** For people. */
  readonly detail: string;
}

/** So much of its headers a record keeps when it cannot keep all, bytes. */
const KEPT_HEADER_BYTES = 65_536;

/** Names the parts of a record that its dead letter lacks. A dead letter without it is the record byte for byte. */
export const LEFT_OUT = 'dead-letter-left-out';

/**
 * What is kept of a record that cannot be taken: key, value and headers byte for byte and in their order, and behind them
 * headers that say why and where it stood.
 */
export function deadLetter(
  topic: string,
  record: ReceivedRecord,
  place: RecordPlace,
  refusal: Refusal,
): OutgoingRecord {
  return {
    topic,
    key: record.rawKey,
    value: record.value,
    headers: [...record.headerList, ...explanation(record, place, refusal)],
  };
}

/**
 * Forms of a dead letter, the fullest first, for brokers that refuse it for its size: all of it; with as many of its
 * headers as fit into 64 KiB; without its value too, which is still to be found where it stood. The last two say what is
 * left out.
 */
export function deadLetterForms(
  topic: string,
  record: ReceivedRecord,
  place: RecordPlace,
  refusal: Refusal,
): OutgoingRecord[] {
  const explained = explanation(record, place, refusal);
  const { kept, leftOut } = firstThatFit(record.headerList);
  const headersLeftOut = leftOut === 0 ? [] : [`${leftOut} of its headers`];
  const valueLeftOut = record.value === null ? [] : [`the value (${record.value.length} bytes)`];
  const keyFits = (record.rawKey?.length ?? 0) <= KEPT_HEADER_BYTES;
  const keyLeftOut = keyFits ? [] : [`the key (${record.rawKey?.length ?? 0} bytes)`];
  const without = (parts: readonly string[]): RawHeader[] =>
    parts.length === 0 ? [] : [textHeader(LEFT_OUT, parts.join(', '))];
  const withoutSomeHeaders = {
    topic,
    key: record.rawKey,
    value: record.value,
    headers: [...kept, ...explained, ...without(headersLeftOut)],
  };
  const withoutValue = {
    topic,
    key: keyFits ? record.rawKey : null,
    value: null,
    headers: [...kept, ...explained, ...without([...headersLeftOut, ...valueLeftOut, ...keyLeftOut])],
  };
  const whole = deadLetter(topic, record, place, refusal);
  return leftOut === 0 ? [whole, withoutValue] : [whole, withoutSomeHeaders, withoutValue];
}

/**
 * Writes the first of the forms that the brokers take.
 * @throws what they answered to the last, or what made them take none just now.
 */
export async function sendFirstTaken(
  producer: { send(records: readonly OutgoingRecord[]): Promise<void> },
  forms: readonly OutgoingRecord[],
): Promise<void> {
  for (const [index, form] of forms.entries()) {
    try {
      await producer.send([form]);
      return;
    } catch (error) {
      if (index === forms.length - 1 || !isRecordFault(error)) throw error;
    }
  }
}

/**
 * Why a record that cannot be handled is put aside, for those who mend it: it does not fit the schema of its topic, or we
 * are at fault.
 */
export function internalRefusal(error: unknown): Refusal {
  const cause = error instanceof RecordFault ? error.cause : error;
  const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return { reason: cause instanceof RecordSchemaError ? 'not_of_its_schema' : 'internal', detail };
}

function explanation(
  { offset, timestamp }: ReceivedRecord,
  place: RecordPlace,
  { reason, detail }: Refusal,
): RawHeader[] {
  const headers = deadLetterHeaders(reason, detail, { ...place, offset, timestamp });
  return Object.entries(headers).map(([name, value]) => textHeader(name, value));
}

function firstThatFit(headers: readonly RawHeader[]): { kept: readonly RawHeader[]; leftOut: number } {
  let bytes = 0;
  const kept = headers.filter(({ name, value }) => {
    bytes += name.length + (value?.length ?? 0) + 2;
    return bytes <= KEPT_HEADER_BYTES;
  });
  return { kept, leftOut: headers.length - kept.length };
}
