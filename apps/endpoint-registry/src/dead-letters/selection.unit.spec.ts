import { randomUUID } from 'node:crypto';

import { isSelected, type Selection } from './selection.js';
import { letter } from './testing/letters.js';

const organization = randomUUID();
const one = letter({
  key: Buffer.from(organization),
  reason: 'not_json',
  partition: 1,
  offset: 5,
  refusedAt: Date.parse('2026-11-29T10:00:00Z'),
});

describe('the selection of dead letters', () => {
  it.each<[string, Selection]>([
    ['everything', {}],
    ['one of its reasons', { reasons: ['invalid_data', 'not_json'] }],
    ['from its time on', { since: new Date('2026-11-29T10:00:00Z') }],
    ['before a later time', { until: new Date('2026-11-29T10:00:00.001Z') }],
    ['its organisation', { organizationId: organization }],
    ['behind another of its partition', { after: { partition: 1, offset: 4n } }],
    ['behind one of an earlier partition', { after: { partition: 0, offset: 9n } }],
  ])('takes the letter: %s', (_, selection) => expect(isSelected(one, selection)).toBe(true));

  it.each<[string, Selection]>([
    ['other reasons', { reasons: ['invalid_data'] }],
    ['from a later time on', { since: new Date('2026-11-29T10:00:00.001Z') }],
    ['before its own time', { until: new Date('2026-11-29T10:00:00Z') }],
    ['another organisation', { organizationId: randomUUID() }],
    ['behind itself', { after: { partition: 1, offset: 5n } }],
    ['behind one of a later partition', { after: { partition: 2, offset: 0n } }],
  ])('leaves the letter out: %s', (_, selection) => expect(isSelected(one, selection)).toBe(false));
});
