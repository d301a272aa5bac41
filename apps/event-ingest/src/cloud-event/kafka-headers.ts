import { type Attributes, binaryAttributes, type RawHeader, utf8Text } from './binary.js';

type Value = Uint8Array | string | null | undefined;

/** A record's headers as they were read: of a name that stands more than once, all values. Null is Kafka's null. */
export type KafkaHeaders = Readonly<Record<string, Value | readonly Value[]>>;

/**
 * The attributes in a Kafka record's headers (CloudEvents Kafka binding, §3.2): UTF-8, nothing escaped. Null when the
 * record is in structured mode. A header whose value is null counts as absent.
 * @throws {Unacceptable} naming each header that is not UTF-8, or stands twice with two values.
 */
export function kafkaAttributes(headers: KafkaHeaders): Attributes | null {
  return binaryAttributes(rawHeaders(headers), { prefix: 'ce_', decode: utf8Text });
}

function* rawHeaders(headers: KafkaHeaders): Generator<RawHeader> {
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat() as readonly Value[]) {
      if (value === null || value === undefined) continue;
      yield { name, value: typeof value === 'string' ? Buffer.from(value) : value };
    }
  }
}
