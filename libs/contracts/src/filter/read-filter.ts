import {
  type Condition,
  type FilterRule,
  isScalar,
  MAX_FILTER_BYTES,
  MAX_FILTER_LEVELS,
} from './event-filter.js';
import { pathSegments } from './filter-path.js';
import { isJsonObject } from '../json-object.js';
import { FilterProblems, nameOf } from './filter-problems.js';
import { readOperators } from './read-operators.js';

/** A filter that was read, or what is wrong with it: each problem names its place and the rule. */
export type FilterReading = { readonly rule: FilterRule } | { readonly problems: readonly string[] };

/**
 * Reads a filter. An object is a group, all of whose entries must hold. The entry of a path is one alternative or a
 * list of them; each is a value to be equal to, or an object of operators that must all hold for one value. `any` and
 * `all` have lists of groups, and `not` has a group. Whatever the value is, the answer comes, in a time that is
 * proportional to its size.
 */
export function readFilter(value: unknown): FilterReading {
  const problems = new FilterProblems();
  const rule = readGroup(value, '', 0, problems);
  if (problems.found.length === 0 && Buffer.byteLength(JSON.stringify(value)) > MAX_FILTER_BYTES) {
    problems.add('', `A filter has at most ${MAX_FILTER_BYTES} bytes as compact JSON.`);
  }
  return problems.found.length === 0 ? { rule } : { problems: problems.found };
}

const NOTHING: FilterRule = { kind: 'all', of: [] };

/** @param level how many `any`, `all` and `not` are around the group. */
function readGroup(value: unknown, place: string, level: number, problems: FilterProblems): FilterRule {
  if (!isJsonObject(value)) {
    problems.add(place, 'Must be a JSON object of conditions, for example {"data.score": [{">=": 80}]}.');
    return NOTHING;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    problems.add(
      place,
      place === ''
        ? 'Must have at least one condition. To receive every event, set the filter to null.'
        : 'Must have at least one condition.',
    );
  }
  const rules: FilterRule[] = [];
  for (const [name, each] of entries) {
    if (problems.areMany) break;
    rules.push(readEntry(name, each, place, level, problems));
  }
  return rules.length === 1 && rules[0] ? rules[0] : { kind: 'all', of: rules };
}

function readEntry(
  name: string,
  value: unknown,
  place: string,
  level: number,
  problems: FilterProblems,
): FilterRule {
  if (name !== 'any' && name !== 'all' && name !== 'not') return readCondition(name, value, place, problems);
  const at = place === '' ? name : `${place}.${name}`;
  if (level === MAX_FILTER_LEVELS) {
    problems.add(
      at,
      `any, all and not can be inside of each other at most ${MAX_FILTER_LEVELS} levels deep.`,
    );
    return NOTHING;
  }
  if (name === 'not') return { kind: 'not', of: readGroup(value, at, level + 1, problems) };
  if (!Array.isArray(value) || value.length === 0) {
    problems.add(at, 'Must be a list with at least one object of conditions.');
    return NOTHING;
  }
  const rules: FilterRule[] = [];
  for (const [index, each] of value.entries()) {
    if (problems.areMany) break;
    rules.push(readGroup(each, `${at}[${index}]`, level + 1, problems));
  }
  return { kind: name, of: rules };
}

function readCondition(path: string, value: unknown, outside: string, problems: FilterProblems): Condition {
  const place = `${outside}[${nameOf(path)}]`;
  const segments = pathSegments(path);
  if (segments === null) {
    problems.add(
      place,
      'Must be any, all, not, or the path of a field of data, for example data.score. A dot within a name is written \\. and a backslash \\\\.',
    );
  } else if (!isStorable(path)) {
    problems.add(place, 'A path must not have control characters or broken Unicode.');
  }
  const isList = Array.isArray(value);
  if (isList && value.length === 0) {
    problems.add(place, 'Must have at least one value: an empty list can never match.');
  }
  const alternatives: Condition['alternatives'][number][] = [];
  for (const [index, each] of (isList ? value : [value]).entries()) {
    if (problems.areMany) break;
    const at = isList ? `${place}[${index}]` : place;
    for (const alternative of readAlternative(each, at, problems)) {
      alternatives.push({ ...alternative, place: at });
    }
  }
  return { kind: 'condition', path, segments: segments ?? [], alternatives };
}

function readAlternative(value: unknown, place: string, problems: FilterProblems) {
  if (isJsonObject(value)) return readOperators(value, place, problems);
  if (!isScalar(value)) {
    problems.add(place, 'Must be a text, a number, true, false, null, or an object of operators.');
    return [];
  }
  return [{ kind: 'equals', value } as const];
}

/** PostgreSQL stores no NUL, and a control character in a name is a mistake. */
function isStorable(path: string): boolean {
  if (!path.isWellFormed()) return false;
  for (let at = 0; at < path.length; at += 1) if (path.charCodeAt(at) < 0x20) return false;
  return true;
}
