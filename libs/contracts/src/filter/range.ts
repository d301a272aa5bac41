/** A value that can be compared: numbers with numbers, texts with texts. */
export type Comparable = number | string;

/** An end of a range. */
export interface Bound {
  readonly value: Comparable;
  /** Whether the value itself belongs to the range. */
  readonly inclusive: boolean;
}

/**
 * The numbers, or the texts, between two ends; null for an end that is open. Texts are ordered by their UTF-16 code
 * units, as JavaScript compares them.
 */
export interface Range {
  readonly of: 'number' | 'string';
  readonly low: Bound | null;
  readonly high: Bound | null;
}

/** The operators that compare. */
export const COMPARISONS = ['>', '>=', '<', '<='] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** The values for which a comparison with `value` holds. */
export function rangeOf(comparison: Comparison, value: Comparable): Range {
  const bound = { value, inclusive: comparison === '>=' || comparison === '<=' };
  const of = typeof value === 'number' ? 'number' : 'string';
  return comparison.startsWith('>') ? { of, low: bound, high: null } : { of, low: null, high: bound };
}

/** The texts that begin with `prefix`: in their order, they are neighbours. */
export function prefixRange(prefix: string): Range {
  const next = successorOf(prefix);
  return {
    of: 'string',
    low: { value: prefix, inclusive: true },
    high: next === null ? null : { value: next, inclusive: false },
  };
}

/** The first text that follows all texts with this beginning; null when none does. */
function successorOf(prefix: string): string | null {
  for (let end = prefix.length; end > 0; end -= 1) {
    const last = prefix.charCodeAt(end - 1);
    if (last < 0xffff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1);
  }
  return null;
}

/** What two ranges of one kind have in common; null when it is certain that this is nothing. */
export function intersection(one: Range, other: Range): Range | null {
  if (one.of !== other.of) return null;
  const low = stricter(one.low, other.low, isAbove);
  const high = stricter(one.high, other.high, isBelow);
  if (low === null || high === null || low.value < high.value) return { of: one.of, low, high };
  return low.value === high.value && low.inclusive && high.inclusive ? { of: one.of, low, high } : null;
}

function stricter(
  one: Bound | null,
  other: Bound | null,
  isFurther: (value: Comparable, than: Comparable) => boolean,
): Bound | null {
  if (one === null || other === null) return one ?? other;
  if (one.value === other.value) return one.inclusive ? other : one;
  return isFurther(one.value, other.value) ? one : other;
}

const isAbove = (value: Comparable, than: Comparable): boolean => value > than;
const isBelow = (value: Comparable, than: Comparable): boolean => value < than;

/** Whether a value of the range's kind is in the range. */
export function contains({ low, high }: Range, value: Comparable): boolean {
  return isNotBelow(low, value) && isNotAbove(high, value);
}

/** Whether one of these values, sorted and of the range's kind, is in the range. It looks at few of them. */
export function containsAny({ low, high }: Range, sorted: readonly Comparable[]): boolean {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isNotBelow(low, sorted[middle] ?? 0)) to = middle;
    else from = middle + 1;
  }
  const first = sorted[from];
  return first !== undefined && isNotAbove(high, first);
}

function isNotBelow(low: Bound | null, value: Comparable): boolean {
  return low === null || value > low.value || (low.inclusive && value === low.value);
}

function isNotAbove(high: Bound | null, value: Comparable): boolean {
  return high === null || value < high.value || (high.inclusive && value === high.value);
}

/** Whether a whole number is in a range of numbers. */
export function containsWholeNumber({ low, high }: Range): boolean {
  if (typeof low?.value !== 'number' || typeof high?.value !== 'number') return true;
  const first = Math.ceil(low.value);
  return isNotAbove(high, first === low.value && !low.inclusive ? first + 1 : first);
}
