import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { endpointStateSchema, isUuid, recordHeaders, Topics } from '@skillora/contracts';
import { notFound } from '@skillora/rest';
import { generateSecret } from '@skillora/signing';
import { DataSource, type EntityManager } from 'typeorm';

import { writeOutbox } from '../outbox/outbox.js';
import { OutboxRelay } from '../outbox/relay.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { type EndpointChoice, type EndpointRow, toEndpointState } from './endpoint.js';
import { ENDPOINT_COLUMNS, ENDPOINT_TABLES } from './endpoint-queries.js';

/**
 * Changes endpoints. Every change and its outbox row are one transaction, and every method resolves only when Kafka has
 * the change: whoever was answered can count on it for every event accepted from then on.
 */
@Injectable()
export class EndpointChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: OutboxRelay,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /** Creates an endpoint; generates a secret where none is given. If Kafka is away nothing is created. */
  async create(
    organizationId: string,
    { secret: given, ...choice }: EndpointChoice & { secret: string | null },
  ): Promise<{ row: EndpointRow; secret: string }> {
    const secret = given ?? generateSecret();
    const id = randomUUID();
    const row = await this.dataSource.transaction(async (manager) => {
      const now = new Date();
      await manager.query(
        `INSERT INTO endpoints (id, organization_id, version, url, events, description, is_active, sealed_secret,
                                created_at, updated_at)
         VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $8)`,
        [
          id,
          organizationId,
          choice.url,
          choice.events,
          choice.description,
          choice.isActive,
          this.settings.secretsKey.box.seal(secret, id),
          now,
        ],
      );
      return this.announce(manager, id);
    });
    try {
      await this.relay.flush();
    } catch (error) {
      await this.remove(id);
      throw error;
    }
    return { row, secret };
  }

  /** Changes what is given. @throws {Refusal} 404 when the organisation has no such endpoint. */
  async change(organizationId: string, id: string, choice: Partial<EndpointChoice>): Promise<EndpointRow> {
    return this.changed(organizationId, id, (manager) =>
      manager.query(
        `UPDATE endpoints
            SET url = coalesce($2, url), events = coalesce($3, events), description = coalesce($4, description),
                is_active = coalesce($5, is_active), version = version + 1, updated_at = $6
          WHERE id = $1`,
        [id, choice.url, choice.events, choice.description, choice.isActive, new Date()],
      ),
    );
  }

  /** Gives an endpoint a new secret, which signs every attempt from now on. */
  async regenerateSecret(organizationId: string, id: string): Promise<string> {
    const secret = generateSecret();
    await this.changed(organizationId, id, (manager) =>
      manager.query(
        'UPDATE endpoints SET sealed_secret = $2, version = version + 1, updated_at = $3 WHERE id = $1',
        [id, this.settings.secretsKey.box.seal(secret, id), new Date()],
      ),
    );
    return secret;
  }

  /** Deletes an endpoint. Its history stays; nothing more is sent to it. */
  async delete(organizationId: string, id: string): Promise<void> {
    await this.lock(organizationId, id, async (manager) => this.markDeleted(manager, id));
    await this.relay.flush();
  }

  private async changed(
    organizationId: string,
    id: string,
    update: (manager: EntityManager) => Promise<unknown>,
  ): Promise<EndpointRow> {
    const row = await this.lock(organizationId, id, async (manager) => {
      await update(manager);
      return this.announce(manager, id);
    });
    await this.relay.flush();
    return row;
  }

  /** The row lock makes the order of the outbox the order of the changes. */
  private async lock<T>(
    organizationId: string,
    id: string,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    if (!isUuid(id)) throw notFound();
    return this.dataSource.transaction(async (manager) => {
      const [found] = await manager.query<unknown[]>(
        'SELECT 1 FROM endpoints WHERE id = $1 AND organization_id = $2 AND deleted_at IS NULL FOR UPDATE',
        [id, organizationId],
      );
      if (found === undefined) throw notFound();
      return work(manager);
    });
  }

  private async announce(manager: EntityManager, id: string): Promise<EndpointRow> {
    const [row] = await manager.query<EndpointRow[]>(
      `SELECT ${ENDPOINT_COLUMNS} FROM ${ENDPOINT_TABLES} WHERE e.id = $1`,
      [id],
    );
    if (!row) throw notFound();
    await writeOutbox(manager, [
      {
        topic: Topics.endpoints,
        key: id,
        headers: recordHeaders(endpointStateSchema),
        value: endpointStateSchema.encode(toEndpointState(row)),
      },
    ]);
    return row;
  }

  private async markDeleted(manager: EntityManager, id: string): Promise<void> {
    await manager.query(
      'UPDATE endpoints SET deleted_at = $2, version = version + 1, updated_at = $2 WHERE id = $1',
      [id, new Date()],
    );
    await writeOutbox(manager, [
      { topic: Topics.endpoints, key: id, headers: recordHeaders(endpointStateSchema), value: null },
    ]);
  }

  /** Takes back a creation that could not be announced in time. */
  private async remove(id: string): Promise<void> {
    await this.dataSource.transaction((manager) => this.markDeleted(manager, id));
  }
}
