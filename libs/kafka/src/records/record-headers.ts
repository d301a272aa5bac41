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
 * Headers by name, as users of kafkajs know them. The list that they were read from, in order, is attached to
 * the object. The object has no prototype, so a header can have any name, including `constructor` and
 * `__proto__`.
 */
class HeadersByName {
  readonly #list: readonly RawHeader[];

  constructor(list: readonly RawHeader[]) {
    this.#list = list;
  }

  static listOf(headers: object): readonly RawHeader[] | null {
    return #list in headers ? headers.#list : null;
  }
}
Reflect.deleteProperty(HeadersByName.prototype, 'constructor');
Object.setPrototypeOf(HeadersByName.prototype, null);

/** For a name that occurs several times, all values in order. */
export function headersByName(list: readonly RawHeader[]): IHeaders {
  const headers = new HeadersByName(list) as unknown as Record<string, Buffer | null | (Buffer | null)[]>;
  for (const { name, value } of list) {
    const key = name.toString('utf8');
    const known = headers[key];
    if (known === undefined) headers[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[key] = [known, value];
  }
  return headers as IHeaders;
}

/** The list from which the headers were created. */
export function headerList(headers: IHeaders | undefined): readonly RawHeader[] {
  return headers === undefined ? [] : (HeadersByName.listOf(headers) ?? []);
}

/**
 * Header values as UTF-8. For a repeated header it is the last value, as in Kafka's own clients. Null values
 * are left out.
 */
export function headerTexts(list: readonly RawHeader[]): Record<string, string | undefined> {
  const texts = Object.create(null) as Record<string, string | undefined>;
  for (const { name, value } of list) texts[name.toString('utf8')] = value?.toString('utf8');
  return texts;
}

/** A header that is text. */
export function textHeader(name: string, value: string): RawHeader {
  return { name: Buffer.from(name), value: Buffer.from(value) };
}
