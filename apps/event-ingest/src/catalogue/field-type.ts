import { type Faults, type JsonSchema, textSchema } from '@skillora/validation';

import { parseDateTime } from '../cloud-event/date-time.js';

/** The rules for a field's value. */
export interface FieldType {
  /** Notes the problems of the value at `path`, and of values within it. */
  check(value: unknown, path: string, faults: Faults): void;
  /** The same value, with the keys of its known objects in the documented order. */
  inOrder(value: unknown): unknown;
  /** The same rule as a JSON Schema, for the documentation. */
  readonly schema: JsonSchema;
}

function scalar(schema: JsonSchema, problem: (value: unknown) => string | null): FieldType {
  return {
    schema,
    check(value, path, faults) {
      const found = problem(value);
      if (found !== null) faults.note(path, found);
    },
    inOrder: (value) => value,
  };
}

/** Any text. */
export const text = scalar(textSchema, (value) => (typeof value === 'string' ? null : 'Not a valid string.'));

/**
 * The characters that `trim` removes, listed explicitly: `\s` means more or fewer characters in other
 * languages.
 */
const WHITE_SPACE = '\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';
/**
 * Only white space may come before the first other character, so that no validator tries each position in
 * turn.
 */
const NON_BLANK = `^[${WHITE_SPACE}]*[^\\u0000${WHITE_SPACE}][^\\u0000]*$`;

/** Text that is not blank. */
export const nonBlankText = scalar({ type: 'string', pattern: NON_BLANK }, (value) => {
  if (typeof value !== 'string') return 'Not a valid string.';
  return value.trim() === '' ? 'This field may not be blank.' : null;
});

/** An identifier or name: text that is not blank, in any form. */
export const identifier = nonBlankText;

/**
 * The longest host of a URL, with port and credentials, in UTF-16 code units. A name has 253 characters at most; the
 * time of the URL parser grows with the square of one that is not ASCII.
 */
const MAX_AUTHORITY_LENGTH = 512;
const URL_PATTERN = `^https?://[A-Za-z0-9][^/\\\\?#]{0,${MAX_AUTHORITY_LENGTH - 1}}([/\\\\?#]|$)`;

/** An absolute http or https URL. */
export const url = scalar({ type: 'string', format: 'uri', pattern: URL_PATTERN }, (value) =>
  typeof value === 'string' &&
  /^https?:\/\//i.test(value) &&
  authorityLength(value) <= MAX_AUTHORITY_LENGTH &&
  URL.canParse(value)
    ? null
    : 'Enter a valid http or https URL.',
);

/** The length of the part before the path, as the WHATWG URL parser finds it: any number of slashes comes before it. */
function authorityLength(text: string): number {
  const read = text.replaceAll(/[\t\n\r]/g, '');
  return /^https?:[/\\]+([^/\\?#]*)/i.exec(read)?.[1]?.length ?? 0;
}

/** A date and time with an offset, RFC 3339. */
export const dateTime = scalar({ type: 'string', format: 'date-time' }, (value) =>
  typeof value === 'string' && parseDateTime(value) !== null
    ? null
    : 'Must be a date and time with an offset (RFC 3339), such as 2024-01-15T14:30:00Z.',
);

/** A number from `min` to `max`. */
export function numberFrom(min: number, max: number): FieldType {
  return scalar({ type: 'number', minimum: min, maximum: max }, (value) => {
    if (typeof value !== 'number') return 'A valid number is required.';
    return value < min || value > max ? `Must be from ${min} to ${max}.` : null;
  });
}

/** Any number. */
export const number = scalar({ type: 'number' }, (value) =>
  typeof value === 'number' ? null : 'A valid number is required.',
);

/** A count. */
export const count = scalar({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? null
    : 'A whole number of at least 0 is required.',
);

/** An array whose items are all of one type. */
export function listOf(item: FieldType): FieldType {
  return {
    schema: { type: 'array', items: item.schema },
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
