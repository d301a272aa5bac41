import { type Alternative, isScalar } from './event-filter.js';
import type { FilterProblems } from './filter-problems.js';
import { COMPARISONS, type Comparison, intersection, prefixRange, type Range, rangeOf } from './range.js';

/** The names of all operators. */
export const OPERATORS = [...COMPARISONS, 'prefix', 'exists', 'equals'] as const;

/**
 * Reads an object of operators, all of which must hold for one and the same value.
 * @param place where it is in the filter.
 * @returns the ways in which it can hold; none where there is a problem.
 */
export function readOperators(
  operators: Readonly<Record<string, unknown>>,
  place: string,
  problems: FilterProblems,
): Alternative[] {
  const entries = Object.entries(operators);
  if (entries.length === 0) problems.add(place, `Must have an operator: ${OPERATORS.join(', ')}.`);
  if (Object.hasOwn(operators, 'equals')) return readEquals(operators, place, problems);
  let exists: boolean | null = null;
  let range: Range | null = null;
  for (const [operator, operand] of entries) {
    if (problems.areMany) return [];
    const at = `${place}[${JSON.stringify(operator.slice(0, 20))}]`;
    if (operator === 'exists') {
      if (typeof operand === 'boolean') exists = operand;
      else problems.add(at, 'Must be true or false.');
      continue;
    }
    const wanted = readRange(operator, operand, at, problems);
    if (wanted === null) return [];
    const both: Range | null = range === null ? wanted : intersection(range, wanted);
    if (both === null) {
      problems.add(place, 'Can never be true: no value fulfils all of these operators.');
      return [];
    }
    range = both;
  }
  if (range === null) return exists === null ? [] : [{ kind: 'exists', exists }];
  if (exists === false) {
    problems.add(place, 'Can never be true: a value that is missing cannot be compared.');
    return [];
  }
  return [{ kind: 'range', range }];
}

function readRange(operator: string, operand: unknown, at: string, problems: FilterProblems): Range | null {
  if (operator === 'prefix') {
    if (typeof operand === 'string') return prefixRange(operand);
    problems.add(at, 'Must be a text.');
    return null;
  }
  if (!isComparison(operator)) {
    problems.add(at, `Is not an operator. The operators are ${OPERATORS.join(', ')}.`);
    return null;
  }
  if (typeof operand === 'string' || (typeof operand === 'number' && Number.isFinite(operand))) {
    return rangeOf(operator, operand);
  }
  problems.add(at, 'Must be a number or a text.');
  return null;
}

function readEquals(
  operators: Readonly<Record<string, unknown>>,
  place: string,
  problems: FilterProblems,
): Alternative[] {
  if (Object.keys(operators).length > 1) {
    problems.add(place, 'equals cannot have other operators beside it.');
    return [];
  }
  const { equals } = operators;
  const values: readonly unknown[] = Array.isArray(equals) ? equals : [equals];
  const scalars = values.filter(isScalar);
  if (values.length === 0 || scalars.length < values.length) {
    problems.add(
      `${place}["equals"]`,
      'Must be a text, a number, true, false or null, or a list with at least one of them.',
    );
    return [];
  }
  return scalars.map((value) => ({ kind: 'equals', value }));
}

function isComparison(operator: string): operator is Comparison {
  return (COMPARISONS as readonly string[]).includes(operator);
}
