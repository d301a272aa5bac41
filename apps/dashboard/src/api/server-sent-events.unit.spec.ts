import fc from 'fast-check';

import { EventStreamReader } from './server-sent-events.js';

const read = (pieces: readonly string[]) => {
  const reader = new EventStreamReader();
  return pieces.flatMap((piece) => reader.push(piece));
};

describe('a stream of events', () => {
  it('is read with names, ids, and data of several lines; comments are passed over', () => {
    const text = ': hello\n\nevent: delivery\nid: 7\ndata: {"a":\ndata: 1}\n\ndata:plain\n\nretry: 2000\n\n';
    expect(read([text])).toEqual([
      { event: 'delivery', id: '7', data: '{"a":\n1}' },
      { event: 'message', id: null, data: 'plain' },
    ]);
  });

  it('tells nothing of an event that is cut off', () => {
    expect(read(['event: delivery\ndata: 1\n'])).toEqual([]);
  });

  it('is the same wherever it is cut', () => {
    const text = 'event: a\r\nid: 1\r\ndata: één\r\n\r\n: beat\r\n\r\nevent: b\nid: 2\ndata: 2\n\n';
    const whole = read([text]);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const places = [0, ...[...cuts].sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(read(pieces)).toEqual(whole);
      }),
    );
  });
});
