import { type FieldRule, MAX_AUTHORITY_LENGTH } from '@skillora/contracts';

import { parseDateTime } from '../cloud-event/date-time.js';
import { objectOf } from './object-type.js';
import type { ValueType } from './value-type.js';

/** How a value of this rule is read. */
export function fieldType(rule: FieldRule): ValueType {
  switch (rule.kind) {
    case 'text':
      return scalar((value) => (typeof value === 'string' ? null : 'Not a valid string.'));
    case 'nonBlankText':
      return scalar(nonBlankProblem);
    case 'url':
      return scalar((value) => (isUrl(value) ? null : 'Enter a valid http or https URL.'));
    case 'dateTime':
      return scalar((value) =>
        typeof value === 'string' && parseDateTime(value) !== null
          ? null
          : 'Must be a date and time with an offset (RFC 3339), such as 2024-01-15T14:30:00Z.',
      );
    case 'count':
      return scalar((value) =>
        typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
          ? null
          : 'A whole number of at least 0 is required.',
      );
    case 'number':
      return scalar((value) => numberProblem(value, rule.min, rule.max));
    case 'list':
      return listOf(fieldType(rule.item));
    case 'object': {
      const fields = Object.entries(rule.fields).map(([name, field]) => [
        name,
        { type: fieldType(field.rule), required: field.required },
      ]);
      return objectOf(Object.fromEntries(fields) as Parameters<typeof objectOf>[0]);
    }
  }
}

function scalar(problem: (value: unknown) => string | null): ValueType {
  return {
    check(value, path, faults) {
      const found = problem(value);
      if (found !== null) faults.note(path, found);
    },
    inOrder: (value) => value,
  };
}

function nonBlankProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'Not a valid string.';
  return value.trim() === '' ? 'This field may not be blank.' : null;
}

function numberProblem(value: unknown, min = -Infinity, max = Infinity): string | null {
  if (typeof value !== 'number') return 'A valid number is required.';
  return value < min || value > max ? `Must be from ${min} to ${max}.` : null;
}

function isUrl(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^https?:\/\//i.test(value) &&
    authorityLength(value) <= MAX_AUTHORITY_LENGTH &&
    URL.canParse(value)
  );
}

/**
 * The length of the part before the path, as the WHATWG URL parser finds it: any number of slashes comes
 * before it.
 */
function authorityLength(text: string): number {
  const read = text.replaceAll(/[\t\n\r]/g, '');
  return /^https?:[/\\]+([^/\\?#]*)/i.exec(read)?.[1]?.length ?? 0;
}

/** An array whose items are all of one type. */
function listOf(item: ValueType): ValueType {
  return {
    check(value, path, faults) {
      if (!Array.isArray(value)) {
        faults.note(path, 'Expected a list of items.');
        return;
      }
      for (const [index, each] of value.entries()) {
        if (faults.full) return;
        item.check(each, `${path}.${index}`, faults);
      }
    },
    inOrder: (value) => (Array.isArray(value) ? value.map((each) => item.inOrder(each)) : value),
  };
}
