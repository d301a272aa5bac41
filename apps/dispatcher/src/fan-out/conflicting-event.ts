import {
  type CanonicalEvent,
  deadLetterHeaders,
  RecordHeaders,
  type RecordOrigin,
  Topics,
} from '@skillora/contracts';
import type { OutgoingRecord, ReceivedRecord, RecordPlace } from '@skillora/kafka';

import { dataOf } from './dedupe-window.js';

const DETAIL =
  'An event with this source and id was accepted before, with other data. The first one counts; this one is not delivered.';

/**
 * The dead letter of an event that repeats the source and id of another event with other data (CloudEvents
 * 1.0.2, §3.1: source and id identify one event). Its value is the accepted event as a CloudEvent in
 * structured mode. Its headers say where the producer's own record is, if the event came over Kafka.
 */
export function conflictingEvent(
  event: CanonicalEvent,
  record: ReceivedRecord,
  place: RecordPlace,
): OutgoingRecord {
  const { offset, timestamp } = record;
  const origin = originOf(record.headers[RecordHeaders.origin]) ?? { ...place, offset };
  return {
    topic: Topics.interviewCompletionsDeadLetter,
    key: event.organizationId,
    value: Buffer.from(cloudEvent(event)),
    headers: {
      'content-type': 'application/cloudevents+json',
      ...deadLetterHeaders('conflicting_data', DETAIL, { ...origin, timestamp }),
    },
  };
}

/** @param header as intake writes it: `topic/partition/offset`. @returns null for anything else. */
function originOf(header: string | undefined): Omit<RecordOrigin, 'timestamp'> | null {
  const [topic, partition = '', offset = ''] = header?.split('/') ?? [];
  if (topic === undefined || !/^\d{1,9}$/.test(partition) || !/^\d{1,18}$/.test(offset)) return null;
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}

function cloudEvent({
  source,
  sourceId,
  eventType,
  occurredAt,
  organizationId,
  body,
}: CanonicalEvent): string {
  const attributes = JSON.stringify({
    specversion: '1.0',
    id: sourceId,
    source,
    type: eventType,
    time: occurredAt,
    organizationid: organizationId,
    datacontenttype: 'application/json',
  });
  return `${attributes.slice(0, -1)},"data":${dataOf(body)}}`;
}
