import fc from 'fast-check';

import { itemsOf, NotAList } from './json-list.js';

const MOST = 1_000;
const itemsIn = (text: string, most = MOST): string[] =>
  [...itemsOf(Buffer.from(text), most)].map((item) => item.toString());

/** The items as JSON, or null for what is no list in JSON. */
function readItems(text: string): unknown[] | null {
  try {
    return itemsIn(text, Infinity).map((item) => JSON.parse(item) as unknown);
  } catch {
    return null;
  }
}

function readWhole(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

describe('the items of a JSON list', () => {
  it('are those of any list, however it is written', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (list, space) => {
        expect(readItems(JSON.stringify(list, null, space))).toEqual(JSON.parse(JSON.stringify(list)));
      }),
    );
  });

  it('are read exactly where the whole text is a list in JSON', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '\\',
      'a',
      '1',
      ' ',
      '"a"',
      '"\\""',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `[${pieces.join('')}`;
        expect([text, readItems(text)]).toEqual([text, readWhole(text)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are found one by one, whatever comes behind them', () => {
    const items = itemsOf(Buffer.from('[{"a":"],"}, 1 ,'), MOST);
    expect([items.next().value?.toString(), items.next().value?.toString()]).toEqual(['{"a":"],"}', '1 ']);
  });

  it('may begin behind a byte order mark', () => {
    expect(itemsIn('\ufeff[1]')).toEqual(['1']);
  });

  it('end at the first that is too large, of which about the most is given', () => {
    const [first, large, ...others] = itemsIn(`[1,${'['.repeat(100_000)},2]`);
    expect([first, others]).toEqual(['1', []]);
    expect(large?.length).toBe(MOST + 1);
  });

  it.each(['', ' ', '{}', '1', '"[1]"', '\ufeff\ufeff[1]'])('are none in %j, which is no list', (text) => {
    expect(() => itemsIn(text)).toThrow(expect.objectContaining({ isBroken: false }) as Error);
    expect(() => itemsIn(text)).toThrow(NotAList);
  });

  it('are found in time that grows with the text, and not with its square', () => {
    const texts = ['\\"', '\\\\', '[', '"a",', ' ', '\\\\"'].map((each) => `["${each.repeat(1_000_000)}"]`);
    for (const text of texts) expect(() => readItems(text)).not.toThrow();
  });
});
