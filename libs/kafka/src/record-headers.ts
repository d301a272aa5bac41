import type { IHeaders } from 'kafkajs';

/** One header of a record, byte for byte. A name may come more than once, may be empty, and may be no UTF-8. */
export interface RawHeader {
  readonly name: Buffer;
  /** Null is a value of its own in Kafka, other than the empty one. */
  readonly value: Buffer | null;
}

/**
 * Headers by name, as kafkajs' users know them, and behind them the list they were read from, in its order. The object has
 * no prototype, so that a header can have any name: `constructor` and `__proto__` are two like all others.
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

/** Of a name that comes more than once all values, in their order. */
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

/** The list that headers were made of. */
export function headerList(headers: IHeaders | undefined): readonly RawHeader[] {
  return headers === undefined ? [] : (HeadersByName.listOf(headers) ?? []);
}

/** Header values as UTF-8; of a repeated header the last one, as Kafka's own clients read it. A null value is left out. */
export function headerTexts(list: readonly RawHeader[]): Record<string, string | undefined> {
  const texts = Object.create(null) as Record<string, string | undefined>;
  for (const { name, value } of list) texts[name.toString('utf8')] = value?.toString('utf8');
  return texts;
}

/** A header that is text. */
export function textHeader(name: string, value: string): RawHeader {
  return { name: Buffer.from(name), value: Buffer.from(value) };
}
