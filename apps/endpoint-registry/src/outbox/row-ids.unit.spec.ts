import fc from 'fast-check';

import { decodeRowIds, encodeRowIds } from './row-ids.js';

/** As many rows as one pass writes, from a table that has seen some. */
const idsOfAPass = fc
  .tuple(
    fc.bigInt({ min: 1n, max: 2n ** 53n }),
    fc.array(fc.bigInt({ min: 1n, max: 100_000n }), { maxLength: 300 }),
  )
  .map(([first, gaps]) => {
    let id = first;
    return [String(first), ...gaps.map((gap) => String((id += gap)))];
  });

describe('ids of rows', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(idsOfAPass, (ids) => {
        expect(decodeRowIds(encodeRowIds(ids))).toEqual(ids);
      }),
    );
  });

  it('of one pass fit the metadata of a commit', () => {
    fc.assert(
      fc.property(idsOfAPass, (ids) => {
        expect(encodeRowIds(ids).length).toBeLessThan(4_096);
      }),
    );
  });

  it('are none where nothing was written', () => {
    expect(decodeRowIds(encodeRowIds([]))).toEqual([]);
  });

  it('are refused where somebody else has written', () => {
    expect(() => decodeRowIds('a.?')).toThrow(SyntaxError);
  });
});
