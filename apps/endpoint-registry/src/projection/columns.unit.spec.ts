import fc from 'fast-check';

import { type Column, values } from './columns.js';

type Row = readonly [unknown];
const column = (type: Column<Row>['type']): Column<Row> => ({
  name: 'a_column',
  type,
  value: ([value]) => value as ReturnType<Column<Row>['value']>,
});

describe('the values of a column', () => {
  it('that holds times are in ISO 8601 with ms, whatever second the time before is in', () => {
    const anyTime = fc.date({ noInvalidDate: true }).map((date) => date.getTime());
    const nearTime = fc.integer({ min: 1_764_547_199_000, max: 1_764_547_203_000 });
    fc.assert(
      fc.property(fc.array(fc.option(fc.oneof(nearTime, anyTime))), (times) => {
        const [written] = values(
          [column('timestamptz')],
          times.map((time): Row => [time]),
        );
        const expected = times.map((time) => (time === null ? 'NULL' : new Date(time).toISOString()));
        expect(written).toBe(`{${expected.join(',')}}`);
      }),
    );
  });

  it('that holds texts are left to the driver, which quotes them; others need no quotes', () => {
    expect(values([column('text')], [['a "quoted" text'], [null]])).toEqual([['a "quoted" text', null]]);
    expect(values([column('integer'), column('boolean')], [[7], [null]])).toEqual(['{7,NULL}', '{7,NULL}']);
  });
});
