import type { EndpointState } from '@skillora/contracts';
import fc from 'fast-check';

import { filteringIn, nextPart } from './fan-out-part.js';

const endpoint = (id: string): EndpointState => ({
  id,
  organizationId: '0b7c2c1e-1a52-4c1d-9d0a-000000000001',
  version: 1,
  url: 'https://receiver.example/hook',
  events: ['interview_completed'],
  isActive: true,
  sealedSecret: '',
});
const ids = (endpoints: readonly EndpointState[]): string[] => endpoints.map(({ id }) => id);

describe('the next part of a fan-out', () => {
  it('is the whole of an event that fits, in the order the endpoints were added', () => {
    expect(nextPart(['c', 'a', 'b'].map(endpoint), null, 3)).toEqual({
      endpoints: ['c', 'a', 'b'].map(endpoint),
      isLast: true,
    });
  });

  it('goes on behind the last endpoint of the part before', () => {
    const matched = ['d', 'a', 'c', 'b'].map(endpoint);
    const first = nextPart(matched, null, 2);
    expect([ids(first.endpoints), first.isLast]).toEqual([['a', 'b'], false]);
    const second = nextPart(matched, 'b', 2);
    expect([ids(second.endpoints), second.isLast]).toEqual([['c', 'd'], true]);
  });

  it('is empty and the last when every endpoint that was left is gone', () => {
    expect(nextPart([endpoint('a')], 'b', 2)).toEqual({ endpoints: [], isLast: true });
  });

  it('has one delivery where not even one fits', () => {
    expect(ids(nextPart(['a', 'b'].map(endpoint), null, 0).endpoints)).toEqual(['a']);
  });

  it('gives every endpoint that stays exactly one delivery, and none more than one, as others come and go', () => {
    const name = fc.stringMatching(/^[0-9a-f]{4}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 30 }),
        fc.uniqueArray(name, { maxLength: 10 }),
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1 }),
        (staying, passing, rooms) => {
          const others = passing.filter((id) => !staying.includes(id));
          const made: string[] = [];
          let last: string | null = null;
          for (let step = 0; ; step += 1) {
            const present = [...staying, ...others.filter((_, index) => (index + step) % 2 === 0)];
            const { endpoints, isLast } = nextPart(
              present.map(endpoint),
              last,
              rooms[step % rooms.length] ?? 1,
            );
            made.push(...ids(endpoints));
            if (isLast) break;
            last = endpoints.at(-1)?.id ?? last;
          }
          expect(new Set(made).size).toBe(made.length);
          expect(staying.filter((id) => !made.includes(id))).toEqual([]);
        },
      ),
    );
  });
});

describe('the endpoints that are reported as filtered with a part', () => {
  it('are those of its range, so that all parts together report each once', () => {
    const letters = fc.uniqueArray(
      fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'),
      { maxLength: 16 },
    );
    fc.assert(
      fc.property(letters, fc.func(fc.boolean()), fc.integer({ min: 1, max: 5 }), (all, isWanted, room) => {
        const wanting = all.filter((id) => isWanted(id)).map(endpoint);
        const filtering = all.filter((id) => !isWanted(id)).map(endpoint);
        const reported: string[] = [];
        for (let last: string | null = null, isLast = false; !isLast;) {
          const part = nextPart(wanting, last, room);
          reported.push(...ids(filteringIn(part, filtering, last)));
          ({ isLast } = part);
          last = part.endpoints.at(-1)?.id ?? last;
        }
        expect(reported.sort()).toEqual(ids(filtering).sort());
      }),
    );
  });
});
