import { isUuid } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';

import { type AcceptedEvent, acceptEvent } from '../canonical/accepted-event.js';
import { readBinary } from '../cloud-event/binary.js';
import { kafkaAttributes } from '../cloud-event/kafka-headers.js';
import { readStructured } from '../cloud-event/structured.js';
import { Unacceptable, whole } from '../unacceptable.js';

/**
 * So much of a record is read as of a request over HTTP, bytes. It is more than a record has by default; a batch that its
 * topic keeps compressed may hold 64 MiB, which would take gigabytes as JSON.
 */
export const MAX_EVENT_BYTES = 4 * 1_024 * 1_024;

/**
 * Decides whether a record of the public topic is accepted, in binary or structured mode.
 * @throws {Unacceptable} when it is not.
 */
export function readRecord(
  { key, value, headerList, unreadable }: Pick<ReceivedRecord, 'key' | 'value' | 'headerList' | 'unreadable'>,
  acceptedAt: Date,
): AcceptedEvent {
  if (unreadable !== undefined) {
    throw whole('unreadable', `The record batch that ends here cannot be read: ${unreadable}.`);
  }
  if (value === null) throw whole('not_a_cloud_event', 'The record has no value.');
  if (value.length > MAX_EVENT_BYTES) {
    throw whole('too_large', `The record must not be larger than ${MAX_EVENT_BYTES} bytes.`);
  }
  const attributes = kafkaAttributes(headerList);
  const unchecked = attributes ? readBinary(attributes, value) : readStructured(value);
  return acceptEvent(unchecked, { expected: organizationOf(key), required: true }, acceptedAt);
}

/** The key says whose event it is; without a key the event says it alone. */
function organizationOf(key: string | null): string | null {
  if (key === null || key === '') return null;
  if (!isUuid(key)) {
    throw new Unacceptable('wrong_organization', {
      key: ['The record’s key must be the organisation’s id, a UUID.'],
    });
  }
  return key.toLowerCase();
}
