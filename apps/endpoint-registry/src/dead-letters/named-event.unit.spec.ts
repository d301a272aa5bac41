import { randomUUID } from 'node:crypto';

import { eventId } from '@skillora/contracts';
import { textHeader } from '@skillora/kafka';

import { namedEvent } from './named-event.js';
import { letter, structured } from './testing/letters.js';

const organization = randomUUID();
const known = {
  source: '/services/interviews',
  sourceId: 'é 1',
  eventId: eventId('/services/interviews', 'é 1'),
  organizationId: organization,
};

describe('what a refused record says of itself', () => {
  it('is read in structured mode, with and without a byte order mark', () => {
    const value = structured(organization.toUpperCase(), 'é 1');
    expect(namedEvent(letter({ value }))).toEqual(known);
    expect(namedEvent(letter({ value: Buffer.concat([Buffer.from('\ufeff'), value]) }))).toEqual(known);
  });

  it('is read in binary mode, whatever case the names of the headers have', () => {
    const headers = [
      textHeader('CE_id', 'é 1'),
      textHeader('ce_source', '/services/interviews'),
      textHeader('ce_organizationid', organization),
    ];
    expect(namedEvent(letter({ headers, value: Buffer.from('{"id":"another"}') }))).toEqual(known);
  });

  it('is the organisation of the key first', () => {
    const other = randomUUID();
    const read = namedEvent(letter({ key: Buffer.from(other), value: structured(organization, 'é 1') }));
    expect(read).toEqual({ ...known, organizationId: other });
  });

  it.each([
    ['no value', null],
    ['no JSON', Buffer.from([0xff, 0x7b])],
    ['no object', Buffer.from('[1]')],
    ['null', Buffer.from('null')],
    ['other types', Buffer.from('{"id":1,"source":{},"organizationid":"none"}')],
  ])('is nothing where there is %s', (_, value) => {
    const nothing = { source: null, sourceId: null, eventId: null, organizationId: null };
    expect(namedEvent(letter({ key: Buffer.from('no uuid'), value }))).toEqual(nothing);
  });
});
