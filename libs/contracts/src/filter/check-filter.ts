import { CATALOGUE } from '../catalogue/catalogue.js';
import type { SubscribableEventType } from '../event.js';
import { conditionsOf, type FilterRule } from './event-filter.js';
import { FilterProblems } from './filter-problems.js';
import { possibleAt, problemOf } from './possible-values.js';

/**
 * What of a filter can never be true for an endpoint that subscribes to these types; each problem names its place. A
 * comparison counts if it can be true for at least one of the types. Objects of the catalogue can have further fields,
 * so a field that no schema names can exist; one below a text or a number cannot.
 */
export function filterProblems(
  rule: FilterRule,
  eventTypes: readonly SubscribableEventType[],
): readonly string[] {
  const problems = new FilterProblems();
  for (const { path, segments, alternatives } of conditionsOf(rule)) {
    const possible = eventTypes.map((type) => possibleAt(CATALOGUE[type].data, segments));
    for (const alternative of alternatives) {
      const reasons = possible.map((values) => problemOf(alternative, values, path));
      const [reason] = reasons;
      if (reason === undefined || reasons.includes(null)) continue;
      problems.add(alternative.place, `Can never be true for ${eventTypes.join(' or ')}: ${reason}.`);
    }
  }
  return problems.found;
}

/** The paths of a filter that no schema of these types names: perhaps a mistake in writing. */
export function undescribedPaths(
  rule: FilterRule,
  eventTypes: readonly SubscribableEventType[],
): readonly string[] {
  const paths = conditionsOf(rule)
    .filter(({ segments }) =>
      eventTypes.every((type) => possibleAt(CATALOGUE[type].data, segments).kind !== 'described'),
    )
    .map(({ path }) => path);
  return [...new Set(paths)];
}
