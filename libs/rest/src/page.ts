import type { Cursor, CursorCodec } from './cursor.js';
import { component, type JsonSchema, objectSchema } from './openapi/json-schema.js';
import { type LinkedRequest, publicBase } from './public-url.js';

/** A page as clients get it. */
export interface Page<T> {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: T[];
}

/** What a client asked for. */
export interface PageRequest {
  readonly size: number;
  readonly cursor: Cursor | null;
}

/**
 * Bytes of rows that a page has at most; a page that would have more ends sooner, and `next` goes on. With
 * its links a page is never larger than 4 MiB, and it always has one row.
 */
export const MAX_PAGE_BYTES = 4 * 1_048_576 - 65_536;

/** Rows as a query found them, in the order of {@link RowsWanted}. */
export interface RowsFound<T> {
  /** As many from the beginning as fit into a page, see {@link MAX_PAGE_BYTES}. */
  readonly rows: readonly T[];
  /** How many there are of those that were wanted. */
  readonly found: number;
}

/** A row's place in the order of its list. */
export interface Place {
  readonly time: number;
  readonly id: string;
}

/** Which rows a page needs: so many from the cursor on, in the direction it reads. One more than shown tells what is beyond. */
export interface RowsWanted {
  readonly limit: number;
  readonly order: 'DESC' | 'ASC';
  /** Rows strictly beyond this place in that order; null from the end the order begins at. */
  readonly beyond: Place | null;
}

export function rowsWanted({ size, cursor }: PageRequest): RowsWanted {
  return {
    limit: size + 1,
    order: cursor?.direction === 'previous' ? 'ASC' : 'DESC',
    beyond: cursor && { time: cursor.time, id: cursor.id },
  };
}

/**
 * Makes the page of the rows that {@link rowsWanted} asked for: newest first, with cursors to what lies on either side.
 * @param place the place of a row. @param link makes the URL that carries a cursor.
 */
export function toPage<T>(
  { rows, found }: RowsFound<T>,
  { size, cursor }: PageRequest,
  place: (row: T) => Place,
  link: (cursor: Cursor) => string,
): Page<T> {
  const backwards = cursor?.direction === 'previous';
  const shown = rows.slice(0, size);
  const more = found > shown.length;
  if (backwards) shown.reverse();
  const [first, last] = [shown[0], shown.at(-1)];
  const hasNext = backwards || more;
  const hasPrevious = backwards ? more : cursor !== null;
  return {
    next: hasNext && last !== undefined ? link({ direction: 'next', ...place(last) }) : null,
    previous: hasPrevious && first !== undefined ? link({ direction: 'previous', ...place(first) }) : null,
    results: shown,
  };
}

/** The schema of a page. @param name what it is a page of. */
export function pageSchema(name: string, item: JsonSchema): JsonSchema {
  const link: JsonSchema = { type: ['string', 'null'], format: 'uri' };
  return component(
    `${name}Page`,
    objectSchema({ next: link, previous: link, results: { type: 'array', items: item } }),
  );
}

/**
 * Makes links to other pages of the list a request asked for: the same URL with another cursor, below the address that
 * clients know the service by.
 */
export function pageLinks(
  request: LinkedRequest,
  list: string,
  codec: CursorCodec,
): (cursor: Cursor) => string {
  return (cursor) => {
    const url = new URL(publicBase(request) + request.url);
    url.searchParams.set('cursor', codec.encode(list, cursor));
    return url.toString();
  };
}
