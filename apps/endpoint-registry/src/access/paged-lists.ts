import { Injectable } from '@nestjs/common';
import {
  CursorCodec,
  type LinkedRequest,
  listOf,
  type Page,
  pageLinks,
  pageParameters,
  type PageRequest,
  type ParameterReader,
  readQuery,
  type RowsFound,
  toPage,
  toPageRequest,
} from '@skillora/rest';

import { ListTurns } from '../limits/list-turns.js';

/** A row of a list. Rows of SQL and of entities name the time differently. */
type ListedRow = { readonly id: string } & ({ readonly created_at: Date } | { readonly createdAt: Date });

type ReadPaging = Parameters<typeof toPageRequest>[0];

/** The lists of the API: newest first, a page at a time, behind cursors. */
@Injectable()
export class PagedLists {
  constructor(
    private readonly cursors: CursorCodec,
    private readonly turns: ListTurns,
  ) {}

  /** @param place where the API has the list; a cursor of another place is refused. */
  of(organizationId: string, place: string): PagedList {
    return new PagedList(organizationId, listOf(organizationId, place), this.cursors, this.turns);
  }
}

/** One list of an organisation. */
class PagedList {
  constructor(
    private readonly organizationId: string,
    private readonly name: string,
    private readonly cursors: CursorCodec,
    private readonly turns: ListTurns,
  ) {}

  /** What a query asks for. @throws {InvalidFieldsException} for each bad parameter. */
  asked<F extends Record<string, ParameterReader<unknown>>>(
    query: Record<string, unknown>,
    filters: F,
  ): { readonly page: PageRequest; readonly filters: { [K in keyof F]?: ReturnType<F[K]> } } {
    const paging = pageParameters(this.name, this.cursors);
    const values = readQuery(query, { ...paging, ...filters });
    // No list has filters with these names, which TypeScript cannot know.
    return { page: toPageRequest(values as ReadPaging), filters: values };
  }

  /** The page of what `find` finds when it is the turn of the organisation. @throws whatever `find` throws. */
  async page<T extends ListedRow>(
    request: LinkedRequest,
    page: PageRequest,
    find: () => Promise<RowsFound<T>>,
  ): Promise<Page<T>> {
    const found = await this.turns.inTurn(this.organizationId, find);
    const placeOf = (row: T) => ({
      time: ('createdAt' in row ? row.createdAt : row.created_at).getTime(),
      id: row.id,
    });
    return toPage(found, page, placeOf, pageLinks(request, this.name, this.cursors));
  }
}
