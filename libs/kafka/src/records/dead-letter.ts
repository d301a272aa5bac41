import { deadLetterHeaders, RecordSchemaError } from '@skillora/contracts';

import type { RecordPlace } from './decode-record.js';
import type { OutgoingRecord } from './outgoing-record.js';
import type { ReceivedRecord } from './received-record.js';
import { isRecordFault, RecordFault } from './record-fault.js';
import { type RawHeader, textHeader } from './record-headers.js';

/** Why a record is put aside. */
export interface Refusal {
  /** One word, for programs. */
  readonly reason: string;
  /** For people. */
  readonly detail: string;
}

/** How many bytes of its headers a record keeps when it cannot keep all. */
const KEPT_HEADER_BYTES = 65_536;

/**
 * Names the parts of a record that its dead letter lacks. Without this header, the dead letter is the record
 * byte for byte.
 */
export const LEFT_OUT = 'dead-letter-left-out';

/**
 * The dead letter of a record: its key, value and headers, byte for byte and in order. Further headers behind
 * them say why it is there and where the record was.
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
 * The forms of a dead letter, fullest first, for brokers that refuse it because of its size. First, the whole
 * record. Second, with only as many headers as fit into 64 KiB. Third, also without its value, which is still
 * in the record's own topic. The last two name the missing parts.
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
 * Writes the first of the forms that the brokers accept.
 * @throws the brokers' answer to the last form, or the error that kept them from accepting any form just now.
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
 * The reason for a record that cannot be handled: it does not match the schema of its topic, or our code has
 * a fault.
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
