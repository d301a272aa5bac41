import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { DeliveryQueries, type DeliveryRow } from './delivery-queries.js';

/** A delivery as it stands after a change. */
export interface Change {
  /** When the database learnt of it, ms since the epoch. */
  readonly at: number;
  readonly delivery: DeliveryRow;
}

/** Who follows the deliveries of an organisation. */
export interface Follower {
  readonly organizationId: string;
  /** Deliveries that changed, in the order of their changes; some come twice. */
  readonly changed: (changes: readonly Change[]) => void;
  /** More changed than can be told: what the follower knows is out of date. */
  readonly missed: () => void;
}

interface Stamp {
  readonly id: string;
  readonly organization_id: string;
  readonly changed_at: Date;
}

const LOOK_EVERY_MS = 1_000;
/** A transaction that stamped its rows has committed within this, or nobody is told of them before the next list. */
const COMMIT_LAG_MS = 10_000;
/**
 * So many changes of one organisation within the lag are looked at. When there are more, its followers are told that they
 * missed some, and those of other organisations are not concerned.
 */
export const MAX_CHANGES = 2_000;
/** Looks that failed for longer are not made up for: what changed meanwhile is too much to look through. */
const MAX_BEHIND_MS = 60_000;

/**
 * Tells followers what the projection, in whichever copy of the service, has written. While anybody follows, the changes
 * are looked for once a second with one query for all; with nobody there they cost nothing.
 */
@Injectable()
export class DeliveryChanges implements OnApplicationShutdown {
  private readonly followers = new Set<Follower>();
  /** What was told and can still be found again: when each delivery changed. */
  private told = new Map<string, number>();
  private lookedAt: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly deliveries: DeliveryQueries,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What changed of an organisation's deliveries since a moment, or null when it is too much to tell. */
  async since(organizationId: string, moment: number): Promise<Change[] | null> {
    const stamps = await this.stamps([organizationId], moment);
    return stamps.length > MAX_CHANGES ? null : this.withDeliveries(stamps);
  }

  /** The time by the database's clock, which stamps the changes; ms since the epoch. */
  async now(): Promise<number> {
    const [row] = await this.dataSource.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
    return row?.now.getTime() ?? Date.now();
  }

  /** @returns a function that ends it. */
  follow(follower: Follower): () => void {
    this.followers.add(follower);
    if (!this.timer) this.lookLater();
    return () => {
      this.followers.delete(follower);
    };
  }

  onApplicationShutdown(): void {
    this.followers.clear();
    if (this.timer) clearTimeout(this.timer);
  }

  private lookLater(): void {
    this.timer = setTimeout(() => {
      void this.lookAgain();
    }, LOOK_EVERY_MS);
  }

  private async lookAgain(): Promise<void> {
    try {
      if (this.followers.size > 0) await this.look();
    } catch (error) {
      this.logger.warn(
        { err: error },
        'changes of deliveries could not be read from the database for open streams. The service tries again; until then only the lists show these changes',
      );
    }
    if (this.followers.size > 0) {
      this.lookLater();
    } else {
      this.timer = null;
      this.lookedAt = null;
      this.told.clear();
    }
  }

  private async look(): Promise<void> {
    const now = await this.now();
    const lookedAt = this.lookedAt ?? now;
    if (now - lookedAt > MAX_BEHIND_MS) {
      this.lookedAt = now;
      for (const follower of this.followers) follower.missed();
      return;
    }
    const organizations = [...new Set([...this.followers].map(({ organizationId }) => organizationId))];
    const stamps = await this.stamps(organizations, lookedAt - COMMIT_LAG_MS);
    const byOrganization = new Map(organizations.map((each) => [each, [] as Stamp[]]));
    for (const stamp of stamps) byOrganization.get(stamp.organization_id)?.push(stamp);
    // One organisation after the other bounds the memory; those with little to tell do not wait for the others.
    const leastFirst = [...byOrganization].sort(([, one], [, other]) => one.length - other.length);
    for (const [organizationId, own] of leastFirst) await this.tell(organizationId, own);
    // Last, so that what could not be read is told the next time.
    this.lookedAt = now;
    this.told = new Map(stamps.map(({ id, changed_at }) => [id, changed_at.getTime()]));
  }

  private async tell(organizationId: string, stamps: readonly Stamp[]): Promise<void> {
    const missed = stamps.length > MAX_CHANGES;
    const news = stamps.filter(({ id, changed_at }) => this.told.get(id) !== changed_at.getTime());
    const changes = missed ? [] : await this.withDeliveries(news);
    for (const follower of this.followers) {
      if (follower.organizationId !== organizationId) continue;
      if (missed) follower.missed();
      else if (changes.length > 0) follower.changed(changes);
    }
  }

  /**
   * The first so many and one of each organisation, in one look through what changed. The organisation must not lead the
   * planner to its lists, where all it ever had would be looked through.
   */
  private stamps(organizations: readonly string[], since: number): Promise<Stamp[]> {
    return this.dataSource.query<Stamp[]>(
      `SELECT id, organization_id, changed_at
         FROM (SELECT id, organization_id, changed_at,
                      row_number() OVER (PARTITION BY organization_id ORDER BY changed_at) AS place
                 FROM deliveries
                WHERE changed_at >= $2 AND (organization_id = ANY($1::uuid[])) IS TRUE) AS changed
        WHERE place <= ${MAX_CHANGES + 1}
        ORDER BY changed_at`,
      [organizations, new Date(since)],
    );
  }

  private async withDeliveries(stamps: readonly Stamp[]): Promise<Change[]> {
    if (stamps.length === 0) return [];
    const rows = await this.deliveries.readAll(stamps.map(({ id }) => id));
    const known = new Map(rows.map((row) => [row.id, row]));
    return stamps.flatMap(({ id, changed_at }) => {
      const delivery = known.get(id);
      return delivery ? [{ at: changed_at.getTime(), delivery }] : [];
    });
  }
}
