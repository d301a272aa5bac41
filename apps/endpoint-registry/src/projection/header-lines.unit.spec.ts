import fc from 'fast-check';

import { headerLines, readHeaderLines } from './header-lines.js';

describe('headers in lines', () => {
  it('have a line each', () => {
    expect(
      headerLines([
        ['content-type', 'text/plain'],
        ['age', ''],
      ]),
    ).toBe('content-type:text/plain\nage:');
    expect(headerLines([])).toBe('');
  });

  it('are read as they were written', () => {
    const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,20}$/);
    const value = fc.string({ unit: 'binary' }).map((text) => text.replace(/[\r\n\0]/g, ''));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([each]) => each }), (headers) => {
        expect(Object.entries(readHeaderLines(headerLines(headers))).sort()).toEqual([...headers].sort());
      }),
    );
  });

  it('lose what would make two lines of one', () => {
    expect(readHeaderLines(headerLines([['a: b\nc', 'd\r\ne: f\0']]))).toEqual({ abc: 'd  e: f ' });
  });
});
