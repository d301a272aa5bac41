import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it('is that of the example in RFC 8785', () => {
    const example = {
      numbers: [JSON.parse('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(example)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('has keys in the order of their code units, also those that are numbers', () => {
    // RFC 8785 §3.2.3: sorted by UTF-16, a surrogate pair comes before U+FB33.
    expect(canonicalJson({ '\ufb33': 1, '\ud83d\ude00': 2, 9: 3, 10: 4, b: { d: 5, c: 6 } })).toBe(
      '{"10":4,"9":3,"b":{"c":6,"d":5},"\ud83d\ude00":2,"\ufb33":1}',
    );
  });

  it('knows no difference between a field that is absent and one that is undefined', () => {
    expect(canonicalJson({ a: undefined, b: [] })).toBe('{"b":[]}');
  });
});
