import type { ReceivedRecord } from '@skillora/kafka';

import { whole } from '../unacceptable.js';
import { deadLetter } from './dead-letter.js';

it('a dead letter is the record byte for byte, with why it was refused and where it stood', () => {
  const value = Buffer.from([0xff, 0x00, 0x7b]);
  const record: ReceivedRecord = {
    key: 'k',
    rawKey: Buffer.from('k'),
    value,
    headers: { own: 'b' },
    rawHeaders: { own: [Buffer.from('a'), Buffer.from('b')] },
    offset: 17n,
    timestamp: Date.parse('2026-03-04T03:07:00Z'),
  };
  const place = { topic: 'interview-completions', partition: 3 };
  expect(deadLetter(record, place, whole('not_json', 'JSON parse error - x'.padEnd(5_000, 'x')))).toEqual({
    topic: 'interview-completions.dead-letter',
    key: Buffer.from('k'),
    value,
    headers: {
      own: [Buffer.from('a'), Buffer.from('b')],
      'dead-letter-reason': 'not_json',
      'dead-letter-detail': 'JSON parse error - x'.padEnd(2_000, 'x'),
      'dead-letter-topic': 'interview-completions',
      'dead-letter-partition': '3',
      'dead-letter-offset': '17',
      'dead-letter-timestamp': '2026-03-04T03:07:00.000Z',
    },
  });
});
