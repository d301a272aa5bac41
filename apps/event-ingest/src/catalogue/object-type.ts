import { isJsonObject } from '@skillora/contracts';
import type { Faults } from '@skillora/validation';

import type { ValueType } from './value-type.js';

/** How a field of an object is read. An optional one may be absent or null. */
export interface ReadField {
  readonly type: ValueType;
  readonly required: boolean;
}

/**
 * A JSON object with these fields, in the order in which customers get them. It may also hold other fields,
 * which are passed on after the known ones.
 */
export function objectOf(shape: Readonly<Record<string, ReadField>>): ValueType {
  const known = Object.entries(shape);
  return {
    check(value, path, faults) {
      if (!isJsonObject(value)) {
        faults.note(path, 'Expected a JSON object.');
        return;
      }
      for (const [name, field] of known) {
        checkField(field, Object.hasOwn(value, name) ? value[name] : undefined, `${path}.${name}`, faults);
      }
    },
    inOrder(value) {
      if (!isJsonObject(value)) return value;
      const entries: [string, unknown][] = [];
      for (const [name, { type }] of known) {
        if (Object.hasOwn(value, name)) entries.push([name, type.inOrder(value[name])]);
      }
      for (const [name, each] of Object.entries(value)) {
        if (!Object.hasOwn(shape, name)) entries.push([name, each]);
      }
      // All of them become own properties, even one called __proto__.
      return Object.fromEntries(entries);
    },
  };
}

function checkField(field: ReadField, value: unknown, path: string, faults: Faults): void {
  if (value !== undefined && value !== null) field.type.check(value, path, faults);
  else if (field.required) {
    faults.note(path, value === null ? 'This field may not be null.' : 'This field is required.');
  }
}
