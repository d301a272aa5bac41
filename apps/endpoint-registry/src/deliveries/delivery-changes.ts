import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LOGGER, type Logger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { DeliveryQueries, type DeliveryRow } from './delivery-queries.js';

/** A delivery in its state after a change. */
export interface Change {
  /** When the database learned of the change, ms since the epoch. */
  readonly at: number;
  readonly delivery: DeliveryRow;
}

/** A follower of an organisation's deliveries. */
export interface Follower {
  readonly organizationId: string;
  /** Called with changed deliveries, in the order of their changes; some come twice. */
  readonly changed: (changes: readonly Change[]) => void;
  /** Called when there were too many changes to report, so the follower's view is out of date. */
  readonly missed: () => void;
}

interface Stamp {
  readonly id: string;
  readonly organization_id: string;
  readonly changed_at: Date;
}

const LOOK_EVERY_MS = 1_000;
/**
 * A transaction commits within this time after it has stamped its rows. Changes of a slower one appear only
 * in lists.
 */
const COMMIT_LAG_MS = 10_000;
/**
 * The maximum number of changes of one organisation that are read within the lag. If there are more, its
 * followers are notified that they missed changes. Followers of other organisations are not affected.
 */
export const MAX_CHANGES = 2_000;
/** After failures for longer than this, changes are not caught up: there may be too many. */
const MAX_BEHIND_MS = 60_000;

/**
 * Notifies followers of the changes that the projection has written, on any instance of the service. While
 * there are followers, one query a second looks for changes of all of them; without followers there is no
 * cost.
 */
@Injectable()
export class DeliveryChanges implements OnApplicationShutdown {
  private readonly followers = new Set<Follower>();
  /** The changes that were reported and can still be found by the query: when each delivery changed. */
  private told = new Map<string, number>();
  private lookedAt: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @InjectDataSource(READING) private readonly dataSource: DataSource,
    private readonly deliveries: DeliveryQueries,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The changes of an organisation's deliveries since a moment; null when there are too many. */
  async since(organizationId: string, moment: number): Promise<Change[] | null> {
    const stamps = await this.stamps([organizationId], moment);
    return stamps.length > MAX_CHANGES ? null : this.withDeliveries(stamps);
  }

  /** The time of the database's clock, which stamps the changes; ms since the epoch. */
  async now(): Promise<number> {
    const [row] = await this.dataSource.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
    return row?.now.getTime() ?? Date.now();
  }

  /** @returns a function that ends the following. */
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
    // One organisation after the other, to bound the memory. Organisations with few changes do not wait for
    // the others.
    const leastFirst = [...byOrganization].sort(([, one], [, other]) => one.length - other.length);
    for (const [organizationId, own] of leastFirst) await this.tell(organizationId, own);
    // Last, so that changes that could not be read are reported the next time.
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
   * The first changes of each organisation, up to the limit and one more, in one pass over the changes. The
   * planner must not start from an organisation's index, where it would read all deliveries that the
   * organisation ever had.
   */
  private stamps(organizations: readonly string[], since: number): Promise<Stamp[]> {
    return this.dataSource.query<Stamp[]>(
      `SELECT id, organization_id, changed_at
         FROM (SELECT id, organization_id, changed_at,
                      row_number() OVER (PARTITION BY organization_id ORDER BY changed_at) AS place
                 FROM deliveries
                WHERE changed_at >= $2 AND (organization_id = ANY($1::uuid[])) IS TRUE
                  -- As in the list of an organisation, what a filter left out would bury what was sent.
                  AND status <> 'filtered') AS changed
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
