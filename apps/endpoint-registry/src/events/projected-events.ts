import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Topics } from '@skillora/contracts';
import { FreshRuns, withinTime } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { EventLogEnd, type Position, positionOf } from './event-log-end.js';

/** How far the projection has read: the next offset of each partition that it has read. */
export type Reached = ReadonlyMap<number, bigint>;

/** The pause between two looks at the projection, however many requests wait, ms. */
const LOOK_EVERY_MS = 100;

/**
 * Knows how far the projection has read the log of events. One query a tick serves all requests that wait; while
 * none waits there is no query.
 */
@Injectable()
export class ProjectedEvents {
  private readonly looks = new FreshRuns(() => this.look(), LOOK_EVERY_MS);

  constructor(
    @InjectDataSource(READING) private readonly dataSource: DataSource,
    private readonly logEnd: EventLogEnd,
  ) {}

  /**
   * The position behind all events of the organisation that were accepted before this call; null when the
   * brokers do not say so in time.
   */
  async endOf(organizationId: string, deadline: number): Promise<Position | null> {
    const end = await withinTime(this.logEnd.afterNow(), deadline - Date.now()).catch(() => 'late' as const);
    return end === 'late' ? null : positionOf(organizationId, end);
  }

  /** Waits until the projection has read up to the position, or until the deadline. */
  async waitFor(position: Position, deadline: number): Promise<void> {
    for (;;) {
      const reached = await withinTime(this.looks.afterNow(), deadline - Date.now());
      if (reached === 'late' || hasReached(reached, position)) return;
    }
  }

  /** Whether the projection has read up to the position. */
  async hasRead(position: Position): Promise<boolean> {
    return hasReached(await this.looks.afterNow(), position);
  }

  private async look(): Promise<Reached> {
    const rows = await this.dataSource.query<{ partition: number; next_offset: string }[]>(
      'SELECT partition, next_offset FROM projection_offsets WHERE topic = $1',
      [Topics.events],
    );
    return new Map(rows.map(({ partition, next_offset }) => [partition, BigInt(next_offset)]));
  }
}

/** Whether a reader has read up to a position. */
export function hasReached(reached: Reached, { partition, offset }: Position): boolean {
  return (reached.get(partition) ?? 0n) >= offset;
}
