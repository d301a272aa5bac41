import type { Range } from './range.js';

/**
 * Which events of its types an endpoint wants, as its customer writes it, for example
 * `{"data.score": [{">=": 80}], "data.status": ["completed"]}`. The rules are in {@link readFilter}.
 */
export type EventFilter = Readonly<Record<string, unknown>>;

/** The largest filter: UTF-8 bytes of its compact JSON. */
export const MAX_FILTER_BYTES = 4_096;

/** How deep `any`, `all` and `not` may be inside of each other. */
export const MAX_FILTER_LEVELS = 5;

/** A value that can be compared for equality. */
export type Scalar = string | number | boolean | null;

/** True for a value that can be compared for equality. */
export function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** One of the ways in which a condition can hold. */
export type Alternative =
  | { readonly kind: 'equals'; readonly value: Scalar }
  | { readonly kind: 'range'; readonly range: Range }
  | { readonly kind: 'exists'; readonly exists: boolean };

/** A condition on the values at one path. It holds if one of its alternatives does. */
export interface Condition {
  readonly kind: 'condition';
  /** As the filter writes it. */
  readonly path: string;
  readonly segments: readonly string[];
  readonly alternatives: readonly (Alternative & {
    /** Where it is in the filter, for people. */
    readonly place: string;
  })[];
}

/** A filter that was read. */
export type FilterRule =
  | Condition
  | { readonly kind: 'all' | 'any'; readonly of: readonly FilterRule[] }
  | { readonly kind: 'not'; readonly of: FilterRule };

/** All conditions of a filter. */
export function conditionsOf(rule: FilterRule): Condition[] {
  if (rule.kind === 'condition') return [rule];
  return rule.kind === 'not' ? conditionsOf(rule.of) : rule.of.flatMap(conditionsOf);
}
