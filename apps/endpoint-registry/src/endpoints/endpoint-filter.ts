import {
  type EventFilter,
  filterProblems,
  type FilterRule,
  readFilter,
  type SubscribableEventType,
} from '@skillora/contracts';
import { component, InvalidFieldsException, type JsonSchema } from '@skillora/rest';

const scalar = { type: ['string', 'number', 'boolean', 'null'] };
const operators = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      ['>', '>=', '<', '<='].map((operator) => [operator, { type: ['number', 'string'] }]),
    ),
    prefix: { type: 'string' },
    exists: { type: 'boolean' },
    equals: { anyOf: [scalar, { type: 'array', items: scalar, minItems: 1 }] },
  },
};
const group = { type: 'object', minProperties: 1 };

/** The schema of a filter. */
export const filterSchema = component('Filter', {
  ...group,
  description:
    'All entries must hold. The key of a condition is the path of a field, for example `data.score`; a dot within a name is written `\\.`. Its value is one alternative or a list of them: a value that the field must equal, or an object of operators that must all hold.',
  properties: {
    any: { type: 'array', items: group, minItems: 1, description: 'At least one of these filters holds.' },
    all: { type: 'array', items: group, minItems: 1, description: 'All of these filters hold.' },
    not: { ...group, description: 'This filter does not hold.' },
  },
  patternProperties: {
    // As the path of a filter is read: names with dots between them, with \. and \\ for what they hold themselves.
    '^data([.]([^.\\\\\\u0000-\\u001f]|\\\\[.\\\\])+)+$': {
      anyOf: [scalar, operators, { type: 'array', items: { anyOf: [scalar, operators] }, minItems: 1 }],
    },
  },
  additionalProperties: false,
});

/** The schema of the field `filter` of an endpoint. */
export const filterFieldSchema: JsonSchema = {
  anyOf: [filterSchema, { type: 'null' }],
  description:
    'Which events of its types the endpoint receives, by their data. Null if it receives all of them.',
};

/** An example of a filter. */
export const FILTER_EXAMPLE = { 'data.score': [{ '>=': 80 }], 'data.status': ['completed'] };

/**
 * The filter in a body; null for none.
 * @throws {InvalidFieldsException} for what is no filter; each message names the place in the filter and the rule.
 */
export function wantedFilter(value: unknown): EventFilter | null {
  if (value === null) return null;
  ruleOf(value);
  return value as EventFilter;
}

/** The rule of the filter in a body. @throws {InvalidFieldsException} as {@link wantedFilter} does. */
export function ruleOf(value: unknown): FilterRule {
  const reading = readFilter(value);
  if ('problems' in reading) throw new InvalidFieldsException({ filter: [...reading.problems] });
  return reading.rule;
}

/**
 * Refuses a filter in which a comparison can never be true for events of these types.
 * @throws {InvalidFieldsException} naming each such comparison.
 */
export function demandPossible(
  filter: EventFilter | null,
  eventTypes: readonly SubscribableEventType[],
): void {
  const reading = filter === null ? null : readFilter(filter);
  // A filter that a later release wrote is left as it is.
  if (reading === null || 'problems' in reading) return;
  demandPossibleRule(reading.rule, eventTypes);
}

/** As {@link demandPossible}, for a filter that is read. */
export function demandPossibleRule(rule: FilterRule, eventTypes: readonly SubscribableEventType[]): void {
  const problems = filterProblems(rule, eventTypes);
  if (problems.length > 0) throw new InvalidFieldsException({ filter: [...problems] });
}
