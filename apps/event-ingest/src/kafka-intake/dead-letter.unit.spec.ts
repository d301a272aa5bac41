import { headersByName, type ReceivedRecord, textHeader } from '@skillora/kafka';

import { whole } from '../unacceptable.js';
import { refusedRecord, unhandledRecord } from './dead-letter.js';

const own = [textHeader('own', 'a'), { name: Buffer.from('own'), value: null }];
const record: ReceivedRecord = {
  key: 'k',
  rawKey: Buffer.from('k'),
  value: Buffer.from([0xff, 0x00, 0x7b]),
  headers: {},
  rawHeaders: headersByName(own),
  headerList: own,
  offset: 17n,
  timestamp: Date.parse('2026-03-04T03:07:00Z'),
};
const place = { topic: 'interview-completions', partition: 3 };

it('a refused record is kept as it came, on the dead-letter topic, with the reason', () => {
  const { topic, value, headers } = refusedRecord(record, place, whole('not_json', 'JSON parse error'));
  expect([topic, value]).toEqual(['interview-completions.dead-letter', record.value]);
  expect(headers).toEqual(expect.arrayContaining([...own, textHeader('dead-letter-reason', 'not_json')]));
});

it('a record that we could not deal with is kept with the error, in less and less of its form', () => {
  const forms = unhandledRecord(record, place, new TypeError('x is undefined'));
  expect(forms.map(({ value }) => value)).toEqual([record.value, null]);
  for (const { topic, headers } of forms) {
    expect(topic).toBe('interview-completions.dead-letter');
    expect(headers).toEqual(
      expect.arrayContaining([
        ...own,
        textHeader('dead-letter-reason', 'internal'),
        textHeader('dead-letter-detail', 'TypeError: x is undefined'),
      ]),
    );
  }
});
