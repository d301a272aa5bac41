import { isUuid } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';

import { type TracedEvent, acceptEvent } from '../canonical/traced-event.js';
import { readBinary } from '../cloud-event/binary.js';
import { kafkaAttributes } from '../cloud-event/kafka-headers.js';
import { readStructured } from '../cloud-event/structured.js';
import { UnacceptableException, whole } from '../unacceptable.js';

/**
 * Decides whether a record of the public topic is accepted, in binary or structured mode.
 * @throws {UnacceptableException} when it is not.
 */
export function readRecord(
  { key, value, headerList, unreadable }: Pick<ReceivedRecord, 'key' | 'value' | 'headerList' | 'unreadable'>,
  acceptedAt: Date,
): TracedEvent {
  if (unreadable !== undefined) {
    throw whole('unreadable', `The record batch that ends here cannot be read: ${unreadable}.`);
  }
  if (value === null) throw whole('not_a_cloud_event', 'The record has no value.');
  const attributes = kafkaAttributes(headerList);
  const unchecked = attributes ? readBinary(attributes, value) : readStructured(value);
  return acceptEvent(unchecked, { expected: organizationOf(key), required: true }, acceptedAt);
}

/** The key names the organisation; without a key, only the event does. */
function organizationOf(key: string | null): string | null {
  if (key === null || key === '') return null;
  if (!isUuid(key)) {
    throw new UnacceptableException('wrong_organization', {
      key: ['The record’s key must be the organisation’s id, a UUID.'],
    });
  }
  return key.toLowerCase();
}
