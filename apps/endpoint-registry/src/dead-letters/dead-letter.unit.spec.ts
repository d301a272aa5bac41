import { type RawHeader, textHeader } from '@skillora/kafka';
import fc from 'fast-check';

import { readDeadLetter } from './dead-letter.js';
import { redrivenRecord } from './redriven-record.js';
import { letter, letterHeaders, received } from './testing/letters.js';

const bytes = fc.uint8Array({ maxLength: 12 }).map((each) => Buffer.from(each));
const OURS = [
  'dead-letter-reason',
  'dead-letter-detail',
  'dead-letter-left-out',
  'redriven-from',
  'redriven-at',
];
const header: fc.Arbitrary<RawHeader> = fc.record({
  name: fc.oneof(
    bytes,
    fc.constantFrom(...OURS, '__proto__', '').map((name) => Buffer.from(name)),
  ),
  value: fc.option(bytes),
});
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 12 }),
});
const AT = new Date('2026-11-29T10:00:00Z');

describe('a dead letter', () => {
  it('has the record byte for byte, with all its headers, whatever they are called', () => {
    fc.assert(
      fc.property(record, (refused) => {
        expect(letter(refused)).toMatchObject({
          ...refused,
          refusal: { reason: 'invalid_data', topic: 'interview-completions', partition: '2', offset: '7' },
        });
      }),
    );
  });

  it('that none of our services wrote has no reason', () => {
    fc.assert(
      fc.property(record, ({ headers }) => {
        expect(readDeadLetter(received({ headerList: headers }), 0).refusal).toBeNull();
      }),
    );
  });

  it('names the parts that were too large for the topic', () => {
    const headerList = [...letterHeaders({}), textHeader('dead-letter-left-out', 'the value (9 bytes)')];
    expect(readDeadLetter(received({ headerList }), 0).refusal?.leftOut).toBe('the value (9 bytes)');
  });
});

describe('a redriven record', () => {
  it('is the refused record, and says where it comes from', () => {
    fc.assert(
      fc.property(record, (refused) => {
        const { headers = [], ...rest } = redrivenRecord(letter({ ...refused, partition: 3, offset: 9 }), AT);
        expect(rest).toEqual({ topic: 'interview-completions', key: refused.key, value: refused.value });
        expect(headers).toEqual([
          ...refused.headers,
          textHeader('redriven-from', 'interview-completions.dead-letter/3/9'),
          textHeader('redriven-origin', 'interview-completions/2/7'),
          textHeader('redriven-at', '2026-11-29T10:00:00.000Z'),
        ]);
      }),
    );
  });

  it('that is refused and redriven again has no more headers than the first time', () => {
    const own = [textHeader('redriven-at', 'a header of the producer')];
    const once = redrivenRecord(letter({ headers: own }), AT);
    const again = redrivenRecord(letter({ headers: once.headers as RawHeader[], offset: 12 }), AT);
    expect((again.headers as RawHeader[]).map(({ value }) => String(value))).toEqual([
      'a header of the producer',
      'interview-completions.dead-letter/0/12',
      'interview-completions/2/7',
      '2026-11-29T10:00:00.000Z',
    ]);
  });
});
