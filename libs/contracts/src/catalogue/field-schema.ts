import type { Field, FieldRule } from './field-rule.js';
import { type JsonSchema, orNull } from './json-schema.js';

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

/**
 * The longest host of a URL, with port and credentials, in UTF-16 code units. A name has 253 characters at
 * most; the time of the URL parser grows with the square of one that is not ASCII.
 */
export const MAX_AUTHORITY_LENGTH = 512;
const URL_PATTERN = `^https?://[A-Za-z0-9][^/\\\\?#]{0,${MAX_AUTHORITY_LENGTH - 1}}([/\\\\?#]|$)`;

/**
 * For whom a schema is: `producers` get one that describes what is certainly accepted, `receivers` one that
 * describes everything that can arrive.
 */
export type Audience = 'producers' | 'receivers';

/** A rule as a JSON Schema. */
export function fieldSchema(rule: FieldRule, audience: Audience): JsonSchema {
  switch (rule.kind) {
    case 'text':
      return { type: 'string', pattern: '^[^\\u0000]*$' };
    case 'nonBlankText':
      return { type: 'string', pattern: NON_BLANK };
    case 'url':
      return urlSchema(audience);
    case 'dateTime':
      return { type: 'string', format: 'date-time' };
    case 'count':
      return { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
    case 'number': {
      const { min, max } = rule;
      return {
        type: 'number',
        ...(min === undefined ? {} : { minimum: min }),
        ...(max === undefined ? {} : { maximum: max }),
      };
    }
    case 'list':
      return { type: 'array', items: fieldSchema(rule.item, audience) };
    case 'object': {
      const fields = Object.entries(rule.fields);
      return {
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, field]) => [name, ofField(field, audience)])),
        required: fields.filter(([, field]) => field.required).map(([name]) => name),
      };
    }
  }
}

/**
 * `uri` is ASCII only (RFC 3986), and intake passes on URLs of browsers (WHATWG), with other letters and
 * spaces. Their schemes are in either case, and any number of slashes may follow.
 */
function urlSchema(audience: Audience): JsonSchema {
  return audience === 'producers'
    ? { type: 'string', format: 'uri', pattern: URL_PATTERN }
    : { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://' };
}

function ofField({ rule, required, description }: Field, audience: Audience): JsonSchema {
  const schema = fieldSchema(rule, audience);
  return {
    ...(required ? schema : orNull(schema)),
    ...(description === undefined ? {} : { description }),
  };
}
