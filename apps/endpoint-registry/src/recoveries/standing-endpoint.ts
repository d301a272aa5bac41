import type { EventFilter, SubscribableEventType } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { Endpoint } from '../endpoints/endpoint.entity.js';
import type { Wait } from './recovery.js';

/** What a recovery has to know of its endpoint. */
export interface StandingEndpoint {
  readonly isDeleted: boolean;
  /** Why nothing can be sent to it now; null if it can. */
  readonly waitsFor: Extract<Wait, 'endpoint_inactive' | 'endpoint_held'> | null;
  readonly version: number;
  readonly events: readonly SubscribableEventType[];
  /** Null without a filter. */
  readonly filter: EventFilter | null;
  readonly createdAt: Date;
}

export async function standingEndpoint(manager: EntityManager, id: string): Promise<StandingEndpoint> {
  const row = await manager.findOneByOrFail(Endpoint, { id });
  return {
    isDeleted: row.deletedAt !== null,
    waitsFor: waitOf(row),
    version: Number(row.version),
    events: row.events,
    filter: row.filter as EventFilter | null,
    createdAt: row.createdAt,
  };
}

/** A held endpoint takes nothing until it is resumed, and what is sent would only wait at the dispatchers. */
function waitOf({ isActive, heldSince }: Endpoint): StandingEndpoint['waitsFor'] {
  if (!isActive) return 'endpoint_inactive';
  return heldSince === null ? null : 'endpoint_held';
}
