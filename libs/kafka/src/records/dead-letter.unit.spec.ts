import { deadLetter, deadLetterForms, LEFT_OUT } from './dead-letter.js';
import type { OutgoingRecord } from './outgoing-record.js';
import type { ReceivedRecord } from './received-record.js';
import { headersByName, type RawHeader, textHeader } from './record-headers.js';

const PLACE = { topic: 'interview-completions', partition: 3 };
const REFUSAL = { reason: 'not_json', detail: 'JSON parse error' };

function record(headerList: readonly RawHeader[], value: Buffer | null): ReceivedRecord {
  return {
    key: 'k',
    rawKey: Buffer.from('k'),
    value,
    headers: {},
    rawHeaders: headersByName(headerList),
    headerList,
    offset: 17n,
    timestamp: Date.parse('2026-03-04T03:07:00Z'),
  };
}

const explanation = [
  textHeader('dead-letter-reason', 'not_json'),
  textHeader('dead-letter-detail', 'JSON parse error'),
  textHeader('dead-letter-topic', 'interview-completions'),
  textHeader('dead-letter-partition', '3'),
  textHeader('dead-letter-offset', '17'),
  textHeader('dead-letter-timestamp', '2026-03-04T03:07:00.000Z'),
];
const listOf = ({ headers }: OutgoingRecord): readonly RawHeader[] => headers as readonly RawHeader[];

describe('a dead letter', () => {
  it('is the record byte for byte, with why it was refused and where it stood', () => {
    const value = Buffer.from([0xff, 0x00, 0x7b]);
    const own: RawHeader[] = [
      textHeader('own', 'b'),
      { name: Buffer.from([0xff]), value: null },
      textHeader('own', 'a'),
    ];
    expect(deadLetter('letters', record(own, value), PLACE, REFUSAL)).toEqual({
      topic: 'letters',
      key: Buffer.from('k'),
      value,
      headers: [...own, ...explanation],
    });
  });

  it('explains itself in no more than 2,000 characters', () => {
    const letter = deadLetter('letters', record([], null), PLACE, { ...REFUSAL, detail: 'x'.repeat(5_000) });
    expect(listOf(letter)[1]).toEqual(textHeader('dead-letter-detail', 'x'.repeat(2_000)));
  });

  it('that is too large leaves out what does not fit, and says so', () => {
    const small = textHeader('small', 's');
    const large = textHeader('large', 'l'.repeat(70_000));
    const forms = deadLetterForms('letters', record([small, large], Buffer.from('value')), PLACE, REFUSAL);
    expect(forms.map(({ key, value }) => [String(key), value && String(value)])).toEqual([
      ['k', 'value'],
      ['k', 'value'],
      ['k', null],
    ]);
    expect(forms.map(listOf)).toEqual([
      [small, large, ...explanation],
      [small, ...explanation, textHeader(LEFT_OUT, '1 of its headers')],
      [small, ...explanation, textHeader(LEFT_OUT, '1 of its headers, the value (5 bytes)')],
    ]);
  });
});
