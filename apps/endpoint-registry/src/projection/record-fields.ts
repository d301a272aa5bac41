import { type DeliveryErrorCode, isUuid, RecordSchemaError } from '@skillora/contracts';

/* Readers of record fields. Each throws a RecordSchemaError if the database cannot store the value. */

/** Records come from outside the type system: a missing field is undefined, whatever its type says. */
export function optional<T, R>(value: T | null | undefined, read: (value: T) => R): R | null {
  return value === null || value === undefined ? null : read(value);
}

export function text(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new RecordSchemaError(`field ${field} is not a string`);
  return value;
}

export function list<T>(field: string, value: readonly T[]): readonly T[] {
  const asRead: unknown = value;
  if (!Array.isArray(asRead)) throw new RecordSchemaError(`field ${field} is not a list`);
  return value;
}

export function object<T>(field: string, value: T): T {
  if (typeof value !== 'object' || value === null) {
    throw new RecordSchemaError(`field ${field} does not hold objects`);
  }
  return value;
}

export function uuids(field: string, value: readonly string[]): string[] {
  return list(field, value).map((each) => uuid(field, each));
}

/** Lower case, as PostgreSQL writes them. */
export function uuid(field: string, value: string): string {
  if (!isUuid(value)) throw new RecordSchemaError(`field ${field} is not a UUID`);
  return value.toLowerCase();
}

const YEAR_1 = Date.parse('0001-01-01T00:00:00.000Z');
const YEAR_9999_END = Date.parse('9999-12-31T23:59:59.999Z');

/** Ms since the epoch; only years with four digits, as ISO 8601 writes them. */
export function instant(field: string, value: unknown): number {
  const ms = Date.parse(text(field, value));
  if (!(ms >= YEAR_1 && ms <= YEAR_9999_END)) throw new RecordSchemaError(`field ${field} is not a time`);
  return ms;
}

const GREATEST_INTEGER = 2_147_483_647;

/** The range of PostgreSQL's `integer`. */
export function wholeNumber(field: string, value: number, min: number): number {
  if (!Number.isInteger(value) || value < min || value > GREATEST_INTEGER) {
    throw new RecordSchemaError(`field ${field} is not a whole number from ${min} to ${GREATEST_INTEGER}`);
  }
  return value;
}

export function oneOf<const T extends string>(field: string, words: readonly T[], value: string): T {
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw new RecordSchemaError(`field ${field} is not one of ${words.join(', ')}`);
  return word;
}

/** Any code: during an upgrade a newer dispatcher may use one that this release does not know. */
export function errorCode(field: string, value: string | null | undefined): DeliveryErrorCode | null {
  return optional(value, (code) => withoutNul(text(field, code)) as DeliveryErrorCode);
}

/** PostgreSQL's text cannot hold NUL; U+FFFD replaces it. */
export function withoutNul(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
