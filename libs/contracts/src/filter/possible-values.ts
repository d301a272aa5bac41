import type { FieldRule, ObjectRule } from '../catalogue/field-rule.js';
import type { Alternative } from './event-filter.js';
import { containsWholeNumber, intersection, type Range } from './range.js';

/** What events of a type can have at a path. */
export type PossibleValues =
  /** No schema describes it, so it can be absent and can be anything. */
  | { readonly kind: 'undescribed' }
  /** The path cannot exist, because `parent` is not an object. */
  | { readonly kind: 'impossible'; readonly parent: string; readonly rule: FieldRule }
  | {
      readonly kind: 'described';
      readonly rule: FieldRule;
      readonly canBeNull: boolean;
      readonly canBeAbsent: boolean;
    };

/** What events whose data follow this rule can have at a path. Where it meets a list, it goes on in the items. */
export function possibleAt(data: ObjectRule, segments: readonly string[]): PossibleValues {
  let rule: FieldRule = data;
  let canBeNull = false;
  let canBeAbsent = false;
  for (const [depth, name] of segments.entries()) {
    const item = itemOf(rule);
    if (item.kind !== 'object') {
      return { kind: 'impossible', parent: ['data', ...segments.slice(0, depth)].join('.'), rule };
    }
    const field = Object.hasOwn(item.fields, name) ? item.fields[name] : undefined;
    if (!field) return { kind: 'undescribed' };
    // A list can be empty, and an optional object can be null: then nothing is below it.
    canBeAbsent ||= rule.kind === 'list' || !field.required;
    canBeNull = !field.required;
    rule = field.rule;
  }
  return { kind: 'described', rule, canBeNull, canBeAbsent };
}

function itemOf(rule: FieldRule): FieldRule {
  return rule.kind === 'list' ? itemOf(rule.item) : rule;
}

/** Why an alternative can never hold for these values, as the end of a sentence; null when it can. */
export function problemOf(alternative: Alternative, possible: PossibleValues, path: string): string | null {
  if (possible.kind === 'undescribed') return null;
  if (possible.kind === 'impossible') {
    return `${path} cannot exist, because ${possible.parent} is ${describe(possible.rule)}`;
  }
  const { rule, canBeNull, canBeAbsent } = possible;
  switch (alternative.kind) {
    case 'exists':
      return alternative.exists || canBeAbsent ? null : `every event has ${path}`;
    case 'equals':
      if (alternative.value === null) return canBeNull ? null : `${path} is never null`;
      return canEqual(itemOf(rule), alternative.value) ? null : `${path} is ${describe(rule)}`;
    case 'range':
      return canBeWithin(itemOf(rule), alternative.range) ? null : `${path} is ${describe(rule)}`;
  }
}

function canEqual(rule: FieldRule, value: string | number | boolean): boolean {
  if (typeof value === 'boolean') return false;
  if (typeof value === 'string') return isText(rule) && (rule.kind === 'text' || value.trim() !== '');
  const bound = { value, inclusive: true };
  return canBeWithin(rule, { of: 'number', low: bound, high: bound });
}

function canBeWithin(rule: FieldRule, range: Range): boolean {
  if (range.of === 'string') return isText(rule);
  if (rule.kind !== 'number' && rule.kind !== 'count') return false;
  const { min, max } = rule.kind === 'number' ? rule : { min: 0, max: Number.MAX_SAFE_INTEGER };
  const both = intersection(range, {
    of: 'number',
    low: min === undefined ? null : { value: min, inclusive: true },
    high: max === undefined ? null : { value: max, inclusive: true },
  });
  return both !== null && (rule.kind === 'number' || containsWholeNumber(both));
}

function isText({ kind }: FieldRule): boolean {
  return kind === 'text' || kind === 'nonBlankText' || kind === 'url' || kind === 'dateTime';
}

function describe(rule: FieldRule): string {
  switch (rule.kind) {
    case 'number': {
      const { min, max } = rule;
      return min === undefined || max === undefined ? 'a number' : `a number from ${min} to ${max}`;
    }
    case 'count':
      return 'a whole number of at least 0';
    case 'object':
      return 'an object';
    case 'list':
      return `a list, each of whose items is ${describe(rule.item)}`;
    case 'nonBlankText':
      return 'a text that is not blank';
    case 'text':
    case 'url':
    case 'dateTime':
      return 'a text';
  }
}
