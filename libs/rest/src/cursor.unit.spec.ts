import fc from 'fast-check';

import { type Cursor, CursorCodec } from './cursor.js';

const codec = new CursorCodec(['a key']);
const cursors: fc.Arbitrary<Cursor> = fc.record({
  direction: fc.constantFrom('next', 'previous'),
  time: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  id: fc.uuid(),
});

describe('a cursor', () => {
  it('comes back as it was made', () => {
    fc.assert(
      fc.property(cursors, (cursor) =>
        expect(codec.decode('events', codec.encode('events', cursor))).toEqual(cursor),
      ),
    );
  });

  it('is nothing once a character of it was changed, added or taken away', () => {
    fc.assert(
      fc.property(cursors, fc.nat(), fc.stringMatching(/^[\w-]{1,3}$/), (cursor, at, other) => {
        const text = codec.encode('events', cursor);
        const place = at % (text.length + 1);
        for (const altered of [
          text.slice(0, place) + other + text.slice(place),
          text.slice(0, place) + other + text.slice(place + other.length),
          text.slice(0, place) + text.slice(place + 1),
        ]) {
          if (altered !== text) expect(codec.decode('events', altered)).toBeNull();
        }
      }),
    );
  });

  it('is nothing to another list or another installation', () => {
    const text = codec.encode('events', { direction: 'next', time: 1, id: 'a' });
    expect(codec.decode('deliveries', text)).toBeNull();
    expect(new CursorCodec(['another key']).decode('events', text)).toBeNull();
  });

  it('made with a key counts while that key is among those known, and no longer', () => {
    const cursor: Cursor = { direction: 'next', time: 1, id: 'a' };
    const text = codec.encode('events', cursor);
    expect(new CursorCodec(['newer', 'a key']).decode('events', text)).toEqual(cursor);
    expect(new CursorCodec(['newest', 'newer']).decode('events', text)).toBeNull();
  });

  it('is made with the first key', () => {
    const text = new CursorCodec(['newer', 'a key']).encode('events', {
      direction: 'next',
      time: 1,
      id: 'a',
    });
    expect(new CursorCodec(['newer']).decode('events', text)).not.toBeNull();
    expect(codec.decode('events', text)).toBeNull();
  });

  it('is nothing when it is any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(codec.decode('events', text)).toBeNull()));
  });
});
