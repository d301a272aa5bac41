import { isUuid } from '@skillora/contracts';
import { type FieldProblems, isInCalendar } from '@skillora/validation';

import type { CursorCodec } from './cursor.js';
import { type JsonSchema, uuidSchema } from './openapi/json-schema.js';
import type { PageRequest } from './page.js';
import { InvalidFieldsException } from './problems.js';

/** The page size when the client does not set one. */
export const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

/**
 * Reads a parameter's text into its value, or throws an Error whose message states the rule; `schema`
 * documents the rule.
 */
export interface ParameterReader<T> {
  (text: string): T;
  readonly schema: JsonSchema;
}

function parameter<T>(schema: JsonSchema, read: (text: string) => T): ParameterReader<T> {
  return Object.assign(read, { schema });
}

/** The same parameter with its own description in the documentation. */
export function described<T>(reader: ParameterReader<T>, description: string): ParameterReader<T> {
  return parameter({ ...reader.schema, description }, (text) => reader(text));
}

/**
 * Reads the known parameters of a query; others are ignored. Of a repeated parameter the last value counts,
 * as in Django.
 * @throws {InvalidFieldsException} naming every bad parameter.
 */
export function readQuery<S extends Record<string, ParameterReader<unknown>>>(
  query: Record<string, unknown>,
  readers: S,
): { [K in keyof S]?: ReturnType<S[K]> } {
  const values: Record<string, unknown> = {};
  const problems: FieldProblems = {};
  for (const [name, read] of Object.entries(readers)) {
    const given = [query[name]].flat().at(-1);
    if (typeof given !== 'string') continue;
    try {
      values[name] = read(given);
    } catch (error) {
      problems[name] = [error instanceof Error ? error.message : String(error)];
    }
  }
  if (Object.keys(problems).length > 0) throw new InvalidFieldsException(problems);
  return values as { [K in keyof S]?: ReturnType<S[K]> };
}

const pageSizeParameter = parameter(
  {
    type: 'integer',
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    default: DEFAULT_PAGE_SIZE,
    description: 'The maximum number of results on a page.',
  },
  (text) => {
    const size = Number(text);
    if (!/^\d{1,4}$/.test(text) || size < 1 || size > MAX_PAGE_SIZE) {
      throw new Error(`Must be a whole number from 1 to ${MAX_PAGE_SIZE}.`);
    }
    return size;
  },
);

const CURSOR_SCHEMA: JsonSchema = {
  type: 'string',
  description:
    'The position in the list. Do not build it yourself: follow the links `next` and `previous`, which contain it. Any other value is refused.',
};

/** The parameters of every list. */
export function pageParameters(list: string, codec: CursorCodec) {
  return {
    page_size: pageSizeParameter,
    cursor: parameter(CURSOR_SCHEMA, (text) => {
      const cursor = codec.decode(list, text);
      if (!cursor) throw new Error('Invalid cursor.');
      return cursor;
    }),
  };
}

/** The same parameters for the documentation; they read nothing. */
export const PAGE_PARAMETERS: Readonly<Record<string, ParameterReader<unknown>>> = {
  page_size: pageSizeParameter,
  cursor: parameter(CURSOR_SCHEMA, (text) => text),
};

export function toPageRequest(values: {
  page_size?: number | undefined;
  cursor?: PageRequest['cursor'] | undefined;
}): PageRequest {
  return { size: values.page_size ?? DEFAULT_PAGE_SIZE, cursor: values.cursor ?? null };
}

/** What PostgreSQL's `integer` holds. */
const GREATEST_INTEGER = 2_147_483_647;

/** The number of an object among several, from 1. */
export function placeParameter(description: string): ParameterReader<number> {
  return parameter({ type: 'integer', minimum: 1, maximum: GREATEST_INTEGER, description }, (text) => {
    const place = Number(text);
    if (!/^\d{1,10}$/.test(text) || place < 1 || place > GREATEST_INTEGER) {
      throw new Error(`Must be a whole number from 1 to ${GREATEST_INTEGER}.`);
    }
    return place;
  });
}

/** A UUID. */
export const uuidParameter = parameter(uuidSchema, (text) => {
  const valid: boolean = isUuid(text);
  if (!valid) throw new Error(`“${text.slice(0, 100)}” is not a valid UUID.`);
  return text.toLowerCase();
});

/** One of the given words. */
export function choiceParameter<const T extends string>(...words: readonly T[]): ParameterReader<T> {
  return parameter({ type: 'string', enum: words }, (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new Error(`“${text.slice(0, 100)}” is not one of: ${words.join(', ')}.`);
    return word;
  });
}

/** ISO 8601 with an offset; a date alone means its start in UTC. */
export const timeParameter = parameter(
  {
    description: 'A time in ISO 8601 with an offset, or a date, which means the start of that day in UTC.',
    anyOf: [
      { type: 'string', format: 'date-time' },
      { type: 'string', format: 'date' },
    ],
    examples: ['2024-01-15T14:30:00Z'],
  },
  (text) => {
    // In a query, a plus sign means a space, so an offset with an unescaped plus arrives as a space.
    const given = text.replace(/ (?=\d\d:?\d\d$)/, '+');
    const form = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?$/i;
    const time = new Date(given);
    if (!form.test(given) || Number.isNaN(time.getTime()) || !isInCalendar(given)) {
      throw new Error('Must be a time in ISO 8601 with an offset, such as 2024-01-15T14:30:00Z.');
    }
    return time;
  },
);
