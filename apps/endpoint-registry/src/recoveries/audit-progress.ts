import { Injectable } from '@nestjs/common';

import type { Position } from '../events/event-log-end.js';
import { ProjectedEvents } from '../events/projected-events.js';
import type { Recovery } from './recovery.entity.js';

/** How long the brokers may take to say where the log of events ends, ms. */
const ASKING_MS = 2_000;
/** A recovery that nobody asked about for this time was cancelled, or another instance counts it, ms. */
const FORGOTTEN_MS = 600_000;

/** Knows whether the audit has all events that a recovery is about. */
@Injectable()
export class AuditProgress {
  /**
   * By recovery: the position behind all events of its organisation that were accepted before it was asked for, and when
   * it was needed last, ms since the epoch. The one that was needed last is the last.
   */
  private readonly ends = new Map<string, { readonly end: Position; readonly neededAt: number }>();

  constructor(private readonly projected: ProjectedEvents) {}

  /** Whether the audit has read all that was accepted before the recovery was asked for; false while Kafka does not say. */
  async hasCaughtUp(
    { id, organizationId }: Pick<Recovery, 'id' | 'organizationId'>,
    now = Date.now(),
  ): Promise<boolean> {
    this.forgetOld(now);
    const end =
      this.ends.get(id)?.end ?? (await this.projected.endOf(organizationId, Date.now() + ASKING_MS));
    if (end === null) return false;
    this.ends.delete(id);
    if (await this.projected.hasRead(end)) return true;
    this.ends.set(id, { end, neededAt: now });
    return false;
  }

  private forgetOld(now: number): void {
    for (const [id, { neededAt }] of this.ends) {
      if (now - neededAt <= FORGOTTEN_MS) return;
      this.ends.delete(id);
    }
  }
}
