import { Injectable } from '@nestjs/common';
import {
  CursorCodec,
  listOf,
  notFound,
  pageLinks,
  pageParameters,
  readQuery,
  toPage,
  toPageRequest,
} from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { ListTurns } from '../limits/list-turns.js';
import { CHANGE_FILTERS } from './change-operations.js';
import { ChangeQueries } from './change-queries.js';
import { toEntry } from './change-rows.js';

/** The list of changes, as customers get it. */
@Injectable()
export class ChangeList {
  constructor(
    private readonly queries: ChangeQueries,
    private readonly cursors: CursorCodec,
    private readonly turns: ListTurns,
  ) {}

  /**
   * @throws {InvalidFieldsException} for a bad parameter.
   * @throws {RefusalException} 404 when a filter names an object or token that the organisation never had.
   */
  async page(organizationId: string, query: Record<string, unknown>, request: FastifyRequest) {
    const list = listOf(organizationId, 'audit/changes');
    const asked = readQuery(query, { ...pageParameters(list, this.cursors), ...CHANGE_FILTERS });
    const page = toPageRequest(asked);
    const filter = {
      objectId: asked.object_id,
      objectType: asked.object_type,
      actorId: asked.actor_id,
      action: asked.action,
      createdAfter: asked.created_after,
      createdBefore: asked.created_before,
    };
    const found = await this.turns.inTurn(organizationId, () =>
      this.queries.list(organizationId, filter, page),
    );
    // An entry shows that its object and actor are the organisation's; only where there is none they are looked for.
    if (found.found === 0) await this.demandNamed(organizationId, asked.object_id, asked.actor_id);
    const { results, ...links } = toPage(
      found,
      page,
      ({ created_at, id }) => ({ time: created_at.getTime(), id }),
      pageLinks(request, list, this.cursors),
    );
    return { ...links, results: results.map(toEntry) };
  }

  private async demandNamed(
    organizationId: string,
    objectId: string | undefined,
    actorId: string | undefined,
  ): Promise<void> {
    if (objectId !== undefined && !(await this.queries.knowsObject(organizationId, objectId)))
      throw notFound();
    if (actorId !== undefined && !(await this.queries.knowsActor(organizationId, actorId))) throw notFound();
  }
}
