import { Controller, Get, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, clientLeft, Operation, readQuery, RequireScope } from '@skillora/rest';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ChangeList } from '../changes/change-list.js';
import { listChanges } from '../changes/change-operations.js';
import { reconcile, RECONCILIATION_FILTERS } from './reconciliation-operations.js';
import { Reconciliation } from './reconciliation.js';
import { reconciliationRange } from './reconciliation-range.js';

/** The routes that show who changed what, and whether the audit is complete. */
@Controller('api/v1/audit')
@UseGuards(BearerGuard)
export class ReconciliationController {
  constructor(
    private readonly reconciliation: Reconciliation,
    private readonly changes: ChangeList,
  ) {}

  @Get('changes')
  @Operation(listChanges)
  @RequireScope('audit:read')
  listChanges(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ) {
    return this.changes.page(organizationId, query, request);
  }

  @Get('reconciliation')
  @Operation(reconcile)
  @RequireScope('audit:read')
  async reconcile(
    @Caller() { organizationId }: ApiTokenState,
    @Query() query: Record<string, unknown>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const left = clientLeft(reply);
    const now = new Date();
    const range = reconciliationRange(readQuery(query, RECONCILIATION_FILTERS), now);
    const figures = await this.reconciliation.figures(organizationId, range, left, now);
    const named =
      figures.missing_deliveries.length +
      figures.missing_event_ids.length +
      figures.not_fanned_out_event_ids.length +
      figures.log_gaps.length;
    const all =
      figures.deliveries_missing +
      figures.events_missing +
      figures.events_not_fanned_out +
      figures.log_gaps_count;
    return {
      created_after: range.after.toISOString(),
      created_before: range.before.toISOString(),
      ...figures,
      missing_deliveries: figures.missing_deliveries.map(({ created_at, ...ids }) => ({
        ...ids,
        created_at: created_at.toISOString(),
      })),
      log_gaps: figures.log_gaps.map(({ topic, partition, from, to, noticedAt }) => ({
        topic,
        partition,
        from_offset: Number(from),
        to_offset: Number(to),
        noticed_at: noticedAt.toISOString(),
      })),
      truncated: named < all,
    };
  }
}
