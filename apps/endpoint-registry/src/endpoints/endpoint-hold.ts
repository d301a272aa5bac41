import { Inject, Injectable } from '@nestjs/common';
import { conflict } from '@skillora/rest';

import type { Author } from '../changes/author.js';
import type { Action } from '../changes/entry.js';
import { holdEnded } from '../health/switched-on.js';
import { OutboxRelay } from '../outbox/relay.js';
import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { updateAndAnnounce } from './announce-endpoint.js';
import { demandChange } from './change-limit.js';
import type { EndpointRow } from './endpoint.js';
import { EndpointChanges, type LockedEndpoint } from './endpoint-changes.js';
import type { Endpoint } from './endpoint.entity.js';

/**
 * Holds endpoints: their deliveries wait and use up no attempts, until they are resumed. Both methods resolve
 * only when Kafka has the change.
 */
@Injectable()
export class EndpointHold {
  constructor(
    private readonly changes: EndpointChanges,
    private readonly relay: OutboxRelay,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * @throws {RefusalException} 404 when the organisation has no such endpoint, 409 when it is held already, 429 when
   * the organisation has made too many changes.
   */
  hold(author: Author, organizationId: string, id: string): Promise<EndpointRow> {
    return this.set(author, organizationId, id, 'endpoint.held', ({ held_since: since }, now) => {
      if (since !== null) throw conflict(`The endpoint is held already, since ${since.toISOString()}.`);
      return { heldSince: now };
    });
  }

  /** @throws {RefusalException} as {@link hold} does, 409 when the endpoint is not held. */
  resume(author: Author, organizationId: string, id: string): Promise<EndpointRow> {
    return this.set(author, organizationId, id, 'endpoint.resumed', (before, now) => {
      if (before.held_since === null) throw conflict('The endpoint is not held.');
      return holdEnded(now, before.is_active);
    });
  }

  private async set(
    author: Author,
    organizationId: string,
    id: string,
    action: Action,
    fieldsOf: (before: LockedEndpoint, now: Date) => Partial<Pick<Endpoint, 'heldSince' | 'enabledAt'>>,
  ): Promise<EndpointRow> {
    const row = await this.changes.lock(author, organizationId, id, action, async (manager, before) => {
      const now = new Date();
      const fields = fieldsOf(before, now);
      await demandChange(manager, author, organizationId, this.settings);
      return updateAndAnnounce(manager, id, fields, now);
    });
    await this.relay.flush();
    return row;
  }
}
