import { PRODUCED_EVENT_TYPES, type SubscribableEventType } from '../event.js';
import { filterProblems, undescribedPaths } from './check-filter.js';
import { readFilter } from './read-filter.js';

const INTERVIEW: SubscribableEventType[] = ['interview_completed'];
const MOCK: SubscribableEventType[] = ['mock_interview_completed'];

function ruleOf(filter: object) {
  const reading = readFilter(filter);
  if (!('rule' in reading)) throw new Error(reading.problems.join());
  return reading.rule;
}
const problems = (filter: object, types = INTERVIEW): readonly string[] =>
  filterProblems(ruleOf(filter), types);

describe('a filter against the schemas of its event types', () => {
  it.each<[string, object, SubscribableEventType[]]>([
    ['a score within its limits', { 'data.score': [{ '>=': 80 }, 0, 100, { '>': 0, '<': 1 }] }, INTERVIEW],
    ['texts', { 'data.status': ['completed', { prefix: '' }, { '>': 'a' }] }, INTERVIEW],
    ['null and absence where a field is optional', { 'data.score': [null, { exists: false }] }, INTERVIEW],
    ['what always exists', { 'data.interview_id': [{ exists: true }] }, INTERVIEW],
    ['a further field, which may be anything', { 'data.panel.size': [3, 'x', true, null] }, INTERVIEW],
    ['a further field with a dot in its name', { 'data.a\\.b': [{ exists: false }] }, INTERVIEW],
    ['names that every JavaScript object has', { 'data.constructor.toString': [1] }, INTERVIEW],
    ['a field of an object', { 'data.user.email': [{ prefix: 'a' }] }, MOCK],
    ['an item of a list', { 'data.weak_areas': ['Algorithms'] }, MOCK],
    ['a field of the items of a list', { 'data.learning_resources.title': [{ exists: false }] }, MOCK],
    ['a whole number', { 'data.number_of_questions': [10, { '>': 1, '<': 3 }] }, MOCK],
    ['the field of an optional object', { 'data.config.id': [{ exists: false }] }, MOCK],
  ])('accepts %s', (_, filter, types) => {
    expect(problems(filter, types)).toEqual([]);
  });

  it.each<[string, object, SubscribableEventType[], string]>([
    [
      'a field of a number',
      { 'data.score.x': [1] },
      INTERVIEW,
      'data.score.x cannot exist, because data.score is a number from 0 to 100',
    ],
    [
      'a field of a text, even to see whether it exists',
      { 'data.status.x': [{ exists: true }] },
      INTERVIEW,
      'cannot exist',
    ],
    [
      'a field of an item that is a text',
      { 'data.weak_areas.x': [1] },
      MOCK,
      'data.weak_areas is a list, each of whose items is a text',
    ],
    ['a text for a number', { 'data.score': ['80'] }, INTERVIEW, 'data.score is a number from 0 to 100'],
    ['a text above a number', { 'data.score': [{ '>': '80' }] }, INTERVIEW, 'is a number'],
    ['a prefix of a number', { 'data.score': [{ prefix: '8' }] }, INTERVIEW, 'is a number'],
    ['a number for a text', { 'data.status': [1] }, INTERVIEW, 'data.status is a text that is not blank'],
    ['a number above a text', { 'data.status': [{ '>=': 1 }] }, INTERVIEW, 'is a text'],
    ['a blank text where none is', { 'data.status': [' '] }, INTERVIEW, 'not blank'],
    ['true for a text', { 'data.hiring_recommendation': [true] }, INTERVIEW, 'is a text'],
    ['a score beyond its limits', { 'data.score': [101] }, INTERVIEW, 'from 0 to 100'],
    ['above the highest score', { 'data.score': [{ '>': 100 }] }, INTERVIEW, 'from 0 to 100'],
    ['below the lowest score', { 'data.score': [{ '<': 0 }] }, INTERVIEW, 'from 0 to 100'],
    ['half a question', { 'data.number_of_questions': [1.5] }, MOCK, 'a whole number'],
    [
      'between two whole numbers',
      { 'data.number_of_questions': [{ '>': 1, '<': 2 }] },
      MOCK,
      'a whole number',
    ],
    ['null where a field is required', { 'data.status': [null] }, INTERVIEW, 'data.status is never null'],
    [
      'absence of a required field',
      { 'data.status': [{ exists: false }] },
      INTERVIEW,
      'every event has data.status',
    ],
    [
      'absence below what is required',
      { 'data.user.id': [{ exists: false }] },
      MOCK,
      'every event has data.user.id',
    ],
    ['an object compared', { 'data.user': ['x'] }, MOCK, 'data.user is an object'],
  ])('refuses %s', (_, filter, types, reason) => {
    const [problem] = problems(filter, types);
    const [path = ''] = Object.keys(filter);
    expect(problem).toContain(`[${JSON.stringify(path)}][0]: Can never be true for ${types.join()}: `);
    expect(problem).toContain(reason);
  });

  it('names the place of each comparison that can never be true, in not too', () => {
    const filter = { any: [{ 'data.score': [80, 'high'] }, { not: { 'data.status': { '<': 1 } } }] };
    expect(problems(filter).map((each) => each.split(': ')[0])).toEqual([
      'any[0]["data.score"][1]',
      'any[1].not["data.status"]',
    ]);
  });

  it('accepts what can be true for one of several types', () => {
    const types = [...PRODUCED_EVENT_TYPES];
    expect(problems({ 'data.user': ['x'] }, types)).toEqual([]);
    expect(problems({ 'data.user': ['x'] }, MOCK)).toHaveLength(1);
    expect(problems({ 'data.score': ['x'] }, types)[0]).toContain(
      'Can never be true for interview_completed or mock_interview_completed',
    );
  });

  it('tells which paths no schema names', () => {
    const rule = ruleOf({ 'data.scor': [1], any: [{ 'data.topic': ['x'] }, { 'data.scor': [2] }] });
    expect(undescribedPaths(rule, INTERVIEW)).toEqual(['data.scor', 'data.topic']);
    expect(undescribedPaths(rule, [...PRODUCED_EVENT_TYPES])).toEqual(['data.scor']);
  });
});
