import { filterText, readFilterText } from './filter-text.js';

describe('the text of a filter', () => {
  it('is read as it was shown, and empty for none', () => {
    for (const filter of [null, { 'data.score': [{ '>=': 80 }] }]) {
      expect(readFilterText(filterText(filter))).toEqual({ filter });
    }
    expect(filterText(null)).toBe('');
    expect(readFilterText('  \n')).toEqual({ filter: null });
  });

  it('is said to be no JSON where it is none', () => {
    expect(readFilterText('{"data.score": [}')).toEqual({
      problem: expect.stringMatching(/^This is not JSON: /),
    });
  });
});
