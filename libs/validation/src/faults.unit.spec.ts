import { WHOLE } from './field-problems.js';
import { Faults, pathText, withinBounds } from './faults.js';

describe('faults', () => {
  it('are named by path, several of one path together, one that is said twice once', () => {
    const faults = new Faults();
    expect(faults.any).toBe(false);
    faults.note('url', 'Not a valid string.');
    faults.note(['data', 'list', '0'], 'Not a valid string.');
    faults.note('url', 'Too long.');
    faults.note('url', 'Too long.');
    faults.note([], 'Of the whole.');
    expect([faults.any, faults.full]).toEqual([true, false]);
    expect(faults.problems).toEqual({
      url: ['Not a valid string.', 'Too long.'],
      'data.list.0': ['Not a valid string.'],
      [WHOLE]: ['Of the whole.'],
    });
  });

  it('are a hundred at most; that there are more is said of the whole', () => {
    const faults = new Faults();
    for (let index = 0; index < 100; index += 1) faults.note(String(index), 'Bad.');
    expect([faults.full, Object.keys(faults.problems).length]).toEqual([false, 100]);
    for (let index = 100; index < 100_000; index += 1) faults.note(String(index), 'Bad.');
    expect([faults.full, Object.keys(faults.problems).length]).toEqual([true, 101]);
    expect(faults.problems[WHOLE]).toEqual(['More is wrong than that; these are the first 100 faults.']);
  });

  it('have paths of 200 characters at most, and texts of a thousand', () => {
    const faults = new Faults();
    faults.note(['a'.repeat(150), 'b'.repeat(1_000_000), 'c'], 'x'.repeat(1_000_000));
    const [[path, texts] = ['', []]] = Object.entries(faults.problems);
    expect([path, texts]).toEqual([`${'a'.repeat(150)}.${'b'.repeat(48)}…`, [`${'x'.repeat(1_000)}…`]]);
    expect(pathText('a'.repeat(200))).toBe('a'.repeat(200));
    expect(pathText('a'.repeat(201))).toHaveLength(200);
    expect(pathText(`${'a'.repeat(198)}😀b`).isWellFormed()).toBe(true);
  });

  it('of a field called __proto__ are named like all others', () => {
    const faults = new Faults();
    faults.note('__proto__', 'Bad.');
    expect(Object.entries(faults.problems)).toEqual([['__proto__', ['Bad.']]]);
  });

  it('that somebody else listed are brought within the same bounds', () => {
    const problems = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`${index}${'k'.repeat(5_000)}`, ['Bad.', 'Worse.']]),
    );
    expect(JSON.stringify(withinBounds(problems)).length).toBeLessThan(30_000);
    expect(withinBounds({ url: ['Bad.'] })).toEqual({ url: ['Bad.'] });
  });
});
