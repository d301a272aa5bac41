import type { IHeaders } from 'kafkajs';

/**
 * One header of a record, byte for byte. A name may occur several times, may be empty, and may not be UTF-8.
 */
export interface RawHeader {
  readonly name: Buffer;
  /** In Kafka, null is a value of its own, different from the empty value. */
  readonly value: Buffer | null;
}

/**
 * Headers by name. For a name that occurs several times, all values in order. The object has no prototype, so a header can
 * have any name, including `constructor` and `__proto__`.
 */
export function headersByName(list: readonly RawHeader[]): IHeaders {
  const headers = Object.create(null) as Record<string, Buffer | null | (Buffer | null)[]>;
  for (const { name, value } of list) {
    const key = name.toString('utf8');
    const known = headers[key];
    if (known === undefined) headers[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[key] = [known, value];
  }
  return headers as IHeaders;
}

/** A header that is text. */
export function textHeader(name: string, value: string): RawHeader {
  return { name: Buffer.from(name), value: Buffer.from(value) };
}
