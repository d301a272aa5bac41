import fc from 'fast-check';

import { difference } from './difference.js';

const aside = { hidden: ['updated_at'], companions: ['version'] };

describe('the difference of two records', () => {
  it('has the fields that differ, as they were and as they are', () => {
    const before = { url: 'a', events: ['x'], version: 1, updated_at: 1 };
    const after = { url: 'a', events: ['x', 'y'], version: 2, updated_at: 2 };
    expect(difference(before, after, aside)).toEqual({
      before: { events: ['x'], version: 1 },
      after: { events: ['x', 'y'], version: 2 },
    });
  });

  it('is none where only fields differ that change with every other', () => {
    expect(difference({ a: 1, version: 1 }, { a: 1, version: 2, updated_at: 2 }, aside)).toBeNull();
  });

  it('is the whole record of an object that was made, or that is gone', () => {
    const record = { url: 'a', version: 1, updated_at: 1 };
    const whole = { url: 'a', version: 1 };
    expect(difference(null, record, aside)).toEqual({ before: null, after: whole });
    expect(difference(record, null, aside)).toEqual({ before: whole, after: null });
    expect(difference(null, null, aside)).toBeNull();
  });

  it('has a field that one of the two lacks, whatever it is called', () => {
    fc.assert(
      fc.property(
        fc
          .string()
          .filter((name) => name !== '__proto__' && ![...aside.hidden, ...aside.companions].includes(name)),
        fc.jsonValue(),
        (name, value) => {
          const without = { version: 1 };
          const having = { version: 1, [name]: value };
          expect(difference(without, having, aside)).toEqual({ before: {}, after: { [name]: value } });
          expect(difference(having, without, aside)).toEqual({ before: { [name]: value }, after: {} });
        },
      ),
    );
  });

  it('sees values by what they hold, not by which object they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(difference({ a: value }, { a: structuredClone(value) }, aside)).toBeNull();
      }),
    );
  });
});
