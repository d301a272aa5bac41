import type { Cursor, CursorCodec } from './cursor.js';
import { component, type JsonSchema, objectSchema } from './openapi/json-schema.js';
import { type LinkedRequest, publicBase } from './public-url.js';

/** A page as clients get it. */
export interface Page<T> {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: T[];
}

/** The client's request for a page. */
export interface PageRequest {
  readonly size: number;
  readonly cursor: Cursor | null;
}

/**
 * The maximum size of a page's rows, bytes; a page that would be larger ends earlier, and `next` continues.
 * With its links a page never exceeds 4 MiB, and it always has at least one row.
 */
export const MAX_PAGE_BYTES = 4 * 1_048_576 - 65_536;

/** The rows that a query found, in the order of {@link RowsWanted}. */
export interface RowsFound<T> {
  /** As many rows from the beginning as fit into a page, see {@link MAX_PAGE_BYTES}. */
  readonly rows: readonly T[];
  /** How many rows were found. */
  readonly found: number;
}

/** The position of a row in the order of its list. */
export interface Place {
  readonly time: number;
  readonly id: string;
}

/**
 * The rows that a page needs: a number of rows from the cursor on, in the reading direction. It is one more
 * than the page shows, to know whether there are more.
 */
export interface RowsWanted {
  readonly limit: number;
  readonly order: 'DESC' | 'ASC';
  /** Rows strictly beyond this position in that order; null from the start of the order. */
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
 * Builds the page from the rows that {@link rowsWanted} asked for: newest first, with cursors to both sides.
 * @param place the position of a row.
 * @param link builds the URL with a cursor.
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

/** The schema of a page. @param name the name of its items. */
export function pageSchema(name: string, item: JsonSchema): JsonSchema {
  const link: JsonSchema = { type: ['string', 'null'], format: 'uri' };
  return component(
    `${name}Page`,
    objectSchema({ next: link, previous: link, results: { type: 'array', items: item } }),
  );
}

/**
 * Builds links to other pages of the requested list: the same URL with another cursor, below the service's
 * public address.
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
