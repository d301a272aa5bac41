import fc from 'fast-check';

import { type Cursor, CursorCodec } from './cursor.js';
import { RefusalException } from './problems.js';
import { type Page, pageLinks, type PageRequest, type Place, rowsWanted, toPage } from './page.js';

const byAge = (a: Place, b: Place): number => a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Answers as a database would: so many rows beyond a place, in an order. */
function select(rows: readonly Place[], request: PageRequest): Place[] {
  const { limit, order, beyond } = rowsWanted(request);
  const sign = order === 'ASC' ? 1 : -1;
  return [...rows]
    .sort((a, b) => sign * byAge(a, b))
    .filter((row) => beyond === null || sign * byAge(row, beyond) > 0)
    .slice(0, limit);
}

/** @param fits so many rows fit into a page, whatever its size. */
function pageOf(rows: readonly Place[], request: PageRequest, fits = Infinity): Page<Place> {
  const wanted = select(rows, request);
  const found = { rows: wanted.slice(0, fits), found: wanted.length };
  return toPage(found, request, (row) => row, JSON.stringify);
}

/** All pages from one on, by their links in a direction. */
function* pages(
  rows: readonly Place[],
  from: Page<Place>,
  direction: 'next' | 'previous',
  size: number,
  fits: () => number,
): Generator<Page<Place>> {
  for (let page = from; ;) {
    yield page;
    const link = page[direction];
    if (link === null) return;
    page = pageOf(rows, { size, cursor: cursorOf(link) }, fits());
  }
}

const cursorOf = (link: string): Cursor => JSON.parse(link) as Cursor;
const lists = fc.uniqueArray(fc.record({ time: fc.nat(5), id: fc.stringMatching(/^[a-f]{2}$/) }), {
  selector: ({ time, id }) => `${time}.${id}`,
  maxLength: 30,
});

describe('pages', () => {
  it('hold every row once, newest first, and lead back the way they came', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 7 }), (rows, size) => {
        const forward: Page<Place>[] = [pageOf(rows, { size, cursor: null })];
        for (let next = forward[0]?.next ?? null; next !== null; next = forward.at(-1)?.next ?? null) {
          forward.push(pageOf(rows, { size, cursor: cursorOf(next) }));
        }
        const newestFirst = [...rows].sort((a, b) => byAge(b, a));
        expect(forward.flatMap(({ results }) => results)).toEqual(newestFirst);
        expect(forward[0]?.previous).toBeNull();

        const backward = [forward.at(-1)!];
        for (let { previous } = backward[0]!; previous !== null; { previous } = backward[0]!) {
          backward.unshift(pageOf(rows, { size, cursor: cursorOf(previous) }));
        }
        expect(backward.map(({ results }) => results)).toEqual(forward.map(({ results }) => results));
      }),
    );
  });

  it('hold every row once in either direction, however few fit into each', () => {
    const few = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1 });
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 7 }), few, (rows, size, numbers) => {
        let turn = 0;
        const fits = (): number => numbers[turn++ % numbers.length]!;
        const newestFirst = [...rows].sort((a, b) => byAge(b, a));
        const first = pageOf(rows, { size, cursor: null }, fits());
        const forward = [...pages(rows, first, 'next', size, fits)];
        expect(forward.flatMap(({ results }) => results)).toEqual(newestFirst);

        const backward = [...pages(rows, forward.at(-1)!, 'previous', size, fits)].reverse();
        expect(backward.flatMap(({ results }) => results)).toEqual(newestFirst);
      }),
    );
  });

  it('do not repeat or skip rows when new ones come while they are read', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 5 }), (rows, size) => {
        const first = pageOf(rows, { size, cursor: null });
        if (first.next === null) return;
        const newer = { time: 6, id: 'zz' };
        const second = pageOf([newer, ...rows], { size, cursor: cursorOf(first.next) });
        const whole = [...rows].sort((a, b) => byAge(b, a));
        expect(second.results).toEqual(whole.slice(size, 2 * size));
      }),
    );
  });

  it('link to the same list with its filters', () => {
    const codec = new CursorCodec(['key']);
    const request = {
      headers: { host: 'api.example' },
      url: '/api/v1/things/?status=failed&cursor=old',
      server: { publicUrl: null },
    };
    const url = new URL(pageLinks(request, 'things', codec)({ direction: 'next', time: 1, id: 'a' }));
    expect([url.origin, url.pathname, url.searchParams.get('status')]).toEqual([
      'http://api.example',
      '/api/v1/things/',
      'failed',
    ]);
    expect(codec.decode('things', url.searchParams.get('cursor') ?? '')).toEqual({
      direction: 'next',
      time: 1,
      id: 'a',
    });
  });

  it.each([
    ['https://hooks.example/base', 'api.internal:3000', 'https://hooks.example/base/api/v1/things/?cursor='],
    [null, 'api.internal:3000', 'http://api.internal:3000/api/v1/things/?cursor='],
    [null, '[::1]:3000', 'http://[::1]:3000/api/v1/things/?cursor='],
  ])('lead below the public address %p where there is one', (publicUrl, host, start) => {
    const request = { headers: { host }, url: '/api/v1/things/', server: { publicUrl } };
    const link = pageLinks(request, 'things', new CursorCodec(['key']));
    expect(link({ direction: 'next', time: 1, id: 'a' }).startsWith(start)).toBe(true);
  });

  it.each([undefined, '', 'a b', 'user@evil.example', 'a/b', 'a?b', 'a:b', '[::1'])(
    'are not made of the Host header %p',
    (host) => {
      const request = { headers: { host }, url: '/', server: { publicUrl: null } };
      const link = pageLinks(request, 'things', new CursorCodec(['key']));
      expect(() => link({ direction: 'next', time: 1, id: 'a' })).toThrow(RefusalException);
    },
  );
});
