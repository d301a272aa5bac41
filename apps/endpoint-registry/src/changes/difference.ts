import { canonicalJson } from './canonical-json.js';
import type { Fields } from './entry.js';

/** What of an object's record is no change by itself. */
export interface Aside {
  /** Fields that entries never show. */
  readonly hidden: readonly string[];
  /** Fields that change with every other, and are shown with those alone. */
  readonly companions: readonly string[];
}

/** What a change made different. */
export interface Difference {
  /** The fields that differ, as they were; null where the object was not there. */
  readonly before: Fields | null;
  /** The same fields, as they are; null where the object is not there any more. */
  readonly after: Fields | null;
}

/**
 * What is different between two records of an object, field by field. It knows no field by its name, so one that is added
 * to the record later is in it by itself. Of an object that was made or is gone it is the whole record.
 * @returns null when nothing is different.
 */
export function difference(before: Fields | null, after: Fields | null, aside: Aside): Difference | null {
  if (before === null || after === null) {
    if (before === after) return null;
    return { before: before && shown(before, aside), after: after && shown(after, aside) };
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !aside.hidden.includes(name) && textOf(before, name) !== textOf(after, name),
  );
  if (names.every((name) => aside.companions.includes(name))) return null;
  return { before: only(before, names), after: only(after, names) };
}

function shown(record: Fields, { hidden }: Aside): Fields {
  return only(
    record,
    Object.keys(record).filter((name) => !hidden.includes(name)),
  );
}

function only(record: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(record, name)).map((name) => [name, record[name]]),
  );
}

/** Of a value that two records have in the same way it is the same; null where a record lacks the field. */
function textOf(record: Fields, name: string): string | null {
  return Object.hasOwn(record, name) ? canonicalJson(record[name]) : null;
}
