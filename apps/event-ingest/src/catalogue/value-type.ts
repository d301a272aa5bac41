import type { Faults } from '@skillora/validation';

/** How a value is read. */
export interface ValueType {
  /** Notes the problems of the value at `path`, and of values within it. */
  check(value: unknown, path: string, faults: Faults): void;
  /** The same value, with the keys of its known objects in the documented order. */
  inOrder(value: unknown): unknown;
}
