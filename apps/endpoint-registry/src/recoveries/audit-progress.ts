import { Injectable } from '@nestjs/common';

import type { Position } from '../events/event-log-end.js';
import { ProjectedEvents } from '../events/projected-events.js';
import type { Recovery } from './recovery.entity.js';

/** How long the brokers may take to say where the log of events ends, ms. */
const ASKING_MS = 2_000;

/** Knows whether the audit has all events that a recovery is about. */
@Injectable()
export class AuditProgress {
  /** By recovery: the position behind all events of its organisation that were accepted before it was asked for. */
  private readonly ends = new Map<string, Position>();

  constructor(private readonly projected: ProjectedEvents) {}

  /** Whether the audit has read all that was accepted before the recovery was asked for; false while Kafka does not say. */
  async hasCaughtUp({ id, organizationId }: Pick<Recovery, 'id' | 'organizationId'>): Promise<boolean> {
    const end = this.ends.get(id) ?? (await this.projected.endOf(organizationId, Date.now() + ASKING_MS));
    if (end === null) return false;
    if (await this.projected.hasRead(end)) {
      this.ends.delete(id);
      return true;
    }
    this.ends.set(id, end);
    return false;
  }
}
