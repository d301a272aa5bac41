import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUuid } from '@skillora/contracts';
import { notFound, type PageRequest, rowsWanted } from '@skillora/rest';
import { DataSource } from 'typeorm';

import type { Author } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { READING } from '../database/reading.js';
import { EndpointQueries } from '../endpoints/endpoint-queries.js';
import type { KeyedRequest } from '../idempotency/idempotency-keys.js';
import { type Answered, OnceByKey } from '../idempotency/once-by-key.js';
import { OrganizationTurns } from '../limits/organization-turns.js';
import { type PresentedRecovery, presentRecovery } from './present-recovery.js';
import { Recovery } from './recovery.entity.js';
import type { RecoveryChoice } from './recovery-body.js';
import { cancelRecovery } from './recovery-cancellation.js';
import { createRecovery, type RecoveredEndpoint } from './recovery-creation.js';
import { RecoveryStepper } from './recovery-stepper.js';

/** The recoveries of an organisation; those of others are invisible. */
@Injectable()
export class Recoveries {
  constructor(
    private readonly dataSource: DataSource,
    @InjectDataSource(READING) private readonly reading: DataSource,
    private readonly endpoints: EndpointQueries,
    private readonly once: OnceByKey,
    private readonly turns: OrganizationTurns,
    private readonly log: ChangeLog,
    private readonly stepper: RecoveryStepper,
  ) {}

  /**
   * @param keyed the request with its `Idempotency-Key`: a repeated one gets the first answer.
   * @throws {RefusalException} 429 when the organisation has as many recoveries as it may.
   */
  async create(
    author: Author,
    endpoint: RecoveredEndpoint,
    choice: RecoveryChoice,
    keyed: KeyedRequest | null,
  ): Promise<Answered<PresentedRecovery>> {
    const answered = await this.once.do(endpoint.organizationId, keyed, async (manager) =>
      presentRecovery(await createRecovery(manager, this.log, author, endpoint, choice)),
    );
    if (!answered.replayed) this.stepper.wake();
    return answered;
  }

  /** @throws {RefusalException} 404 when there is no such recovery, 409 when it has ended. */
  async cancel(author: Author, { organizationId, endpointId }: RecoveredEndpoint, id: string): Promise<void> {
    if (!isUuid(id) || !isUuid(endpointId)) throw notFound();
    const recovery = { organizationId, endpointId: endpointId.toLowerCase(), id: id.toLowerCase() };
    await this.turns.inTurn(organizationId, () =>
      this.dataSource.transaction((manager) => cancelRecovery(manager, this.log, author, recovery)),
    );
    this.stepper.wake();
  }

  /**
   * Those of a deleted endpoint stay readable.
   * @throws {RefusalException} 404 when the organisation never had such an endpoint or recovery.
   */
  async read({ organizationId, endpointId }: RecoveredEndpoint, id: string): Promise<PresentedRecovery> {
    if (!isUuid(id) || !isUuid(endpointId)) throw notFound();
    const row = await this.reading.manager.findOneBy(Recovery, { id, organizationId, endpointId });
    if (!row) throw notFound();
    return presentRecovery(row);
  }

  /** The recoveries of an endpoint, for a page. @throws {RefusalException} as {@link read} does. */
  async list({ organizationId, endpointId }: RecoveredEndpoint, page: PageRequest): Promise<Recovery[]> {
    if (!isUuid(endpointId) || !(await this.endpoints.everHad(organizationId, endpointId))) throw notFound();
    const { limit, order, beyond } = rowsWanted(page);
    const query = this.reading.manager
      .createQueryBuilder(Recovery, 'r')
      .where('r.endpoint_id = :endpointId AND r.organization_id = :organizationId', {
        endpointId,
        organizationId,
      })
      .orderBy({ 'r.created_at': order, 'r.id': order })
      .limit(limit);
    if (beyond) {
      const side = order === 'DESC' ? '<' : '>';
      query.andWhere(`(r.created_at, r.id) ${side} (:time::timestamptz, :id::uuid)`, {
        time: new Date(beyond.time),
        id: beyond.id,
      });
    }
    return query.getMany();
  }
}
