import type { EventFilter, FilterRule, Scalar } from './event-filter.js';
import type { FilteredBody } from './filtered-body.js';
import type { Range } from './range.js';
import { readFilter } from './read-filter.js';

/** A filter that is ready to be asked about many events. */
export interface CompiledFilter {
  /** Whether the endpoint wants an event with this body. */
  matches(body: FilteredBody): boolean;
}

type Test = (body: FilteredBody) => boolean;

/** Compiles a filter. @returns null for one that this release cannot read. */
export function compileFilter(filter: EventFilter): CompiledFilter | null {
  const reading = readFilter(filter);
  return 'rule' in reading ? compiled(reading.rule) : null;
}

/** A rule that is ready to be asked. */
export function compiled(rule: FilterRule): CompiledFilter {
  return { matches: testOf(rule) };
}

function testOf(rule: FilterRule): Test {
  switch (rule.kind) {
    case 'condition':
      return conditionTest(rule);
    case 'not': {
      const test = testOf(rule.of);
      return (body) => !test(body);
    }
    case 'all': {
      const tests = rule.of.map(testOf);
      return (body) => tests.every((test) => test(body));
    }
    case 'any': {
      const tests = rule.of.map(testOf);
      return (body) => tests.some((test) => test(body));
    }
  }
}

/** The alternatives by their kind: so a long list of values costs one look-up. */
function conditionTest({ path, segments, alternatives }: Extract<FilterRule, { kind: 'condition' }>): Test {
  const constants = new Set<Scalar>();
  const ranges: Range[] = [];
  const existence = new Set<boolean>();
  for (const alternative of alternatives) {
    if (alternative.kind === 'equals') constants.add(alternative.value);
    else if (alternative.kind === 'range') ranges.push(alternative.range);
    else existence.add(alternative.exists);
  }
  const [ifPresent, ifAbsent] = [existence.has(true), existence.has(false)];
  return (body) => {
    const values = body.at(path, segments);
    if (values.exists ? ifPresent : ifAbsent) return true;
    if (constants.size > 0 && values.hasAny(constants)) return true;
    for (const range of ranges) if (values.isWithin(range)) return true;
    return false;
  };
}
