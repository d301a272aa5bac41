import type { RawHeader } from '@skillora/kafka';

import { type AttributeHeader, type Attributes, binaryAttributes, utf8Text } from './binary.js';

/**
 * The attributes in a Kafka record's headers (CloudEvents Kafka binding, §3.2): UTF-8, not escaped. Null when
 * the record is in structured mode. A header whose value is null counts as absent.
 * @throws {UnacceptableException} naming each header that is not UTF-8, or occurs twice with different values.
 */
export function kafkaAttributes(headers: readonly RawHeader[]): Attributes | null {
  return binaryAttributes(present(headers), { prefix: 'ce_', decode: utf8Text });
}

function* present(headers: readonly RawHeader[]): Generator<AttributeHeader> {
  for (const { name, value } of headers) {
    if (value !== null) yield { name: name.toString('utf8'), value };
  }
}
