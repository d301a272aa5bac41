import { Injectable } from '@nestjs/common';
import { notFound } from '@skillora/rest';
import type { FastifyRequest } from 'fastify';

import { PagedLists } from '../access/paged-lists.js';
import { CHANGE_FILTERS } from './change-operations.js';
import { ChangeQueries } from './change-queries.js';
import { toEntry } from './change-rows.js';

/** The list of changes, as customers get it. */
@Injectable()
export class ChangeList {
  constructor(
    private readonly queries: ChangeQueries,
    private readonly lists: PagedLists,
  ) {}

  /**
   * @throws {InvalidFieldsException} for a bad parameter.
   * @throws {RefusalException} 404 when a filter names an object or token that the organisation never had.
   */
  async page(organizationId: string, query: Record<string, unknown>, request: FastifyRequest) {
    const list = this.lists.of(organizationId, 'audit/changes');
    const { page, filters: asked } = list.asked(query, CHANGE_FILTERS);
    const filter = {
      objectId: asked.object_id,
      objectType: asked.object_type,
      actorId: asked.actor_id,
      action: asked.action,
      createdAfter: asked.created_after,
      createdBefore: asked.created_before,
    };
    const { results, ...links } = await list.page(request, page, () =>
      this.queries.list(organizationId, filter, page),
    );
    // An entry shows that its object and actor are the organisation's; only where there is none they are looked for.
    if (results.length === 0) await this.demandNamed(organizationId, asked.object_id, asked.actor_id);
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
