/**
 * The rule for a value in the data of an event. It is plain data: intake checks by it, and schemas are made
 * of it.
 */
export type FieldRule =
  | { readonly kind: 'text' | 'nonBlankText' | 'url' | 'dateTime' | 'count' }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'list'; readonly item: FieldRule }
  | ObjectRule;

/**
 * An object that has these fields, in the order in which receivers get them, and may have others behind
 * them.
 */
export interface ObjectRule {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Field>>;
}

/** A field of an object. An optional one may be absent or null. */
export interface Field {
  readonly rule: FieldRule;
  readonly required: boolean;
  /** One sentence for receivers. */
  readonly description?: string;
}

/** Any text. */
export const text: FieldRule = { kind: 'text' };
/** Text that is not blank. */
export const nonBlankText: FieldRule = { kind: 'nonBlankText' };
/** An identifier or name: text that is not blank, in any form. */
export const identifier: FieldRule = nonBlankText;
/** An absolute http or https URL. */
export const url: FieldRule = { kind: 'url' };
/** A date and time with an offset, RFC 3339. */
export const dateTime: FieldRule = { kind: 'dateTime' };
/** A whole number of at least 0. */
export const count: FieldRule = { kind: 'count' };
/** Any number. */
export const number: FieldRule = { kind: 'number' };

/** A number from `min` to `max`. */
export const numberFrom = (min: number, max: number): FieldRule => ({ kind: 'number', min, max });

/** An array whose items are all of one rule. */
export const listOf = (item: FieldRule): FieldRule => ({ kind: 'list', item });

/** A JSON object with these fields. */
export const objectOf = (fields: Readonly<Record<string, Field>>): ObjectRule => ({ kind: 'object', fields });

/** A required field. */
export const required = (rule: FieldRule, description?: string): Field => ({
  rule,
  required: true,
  ...(description === undefined ? {} : { description }),
});

/** An optional field: it may be absent or null. */
export const optional = (rule: FieldRule, description?: string): Field => ({
  ...required(rule, description),
  required: false,
});
