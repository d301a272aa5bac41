import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';

import { deliveryId, eventId } from './ids.js';

describe('the id of an event', () => {
  it('is the UUIDv5 of its id within its source, however many sources there are and in whatever order they come', () => {
    const source = fc.oneof(
      fc.webUrl(),
      fc.nat({ max: 300 }).map((n) => `urn:source:${n}`),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(source, fc.string()), { maxLength: 500, size: 'max' }), (events) => {
        for (const [itsSource, id] of events) {
          expect(eventId(itsSource, id)).toBe(uuidv5(id, uuidv5(itsSource, uuidv5.URL)));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('never changes from one release to the next', () => {
    expect(eventId('urn:skillora:interviews', 'i-42')).toBe('714abb5a-3717-51d8-8e29-70265cd07d44');
    expect(deliveryId('123e4567-e89b-12d3-a456-426614174000', '456e7890-e89b-12d3-a456-426614174001')).toBe(
      'd02c1a76-c01c-59d0-b175-fe9031b235b9',
    );
  });
});
