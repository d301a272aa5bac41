import type { SubscribableEventType } from '@skillora/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { CancelReason, Recovered, RecoveryStatus, Wait } from './recovery.js';

/** A recovery as it is stored. */
@Entity('recoveries')
export class Recovery {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ name: 'organization_id', type: 'uuid' })
  organizationId!: string;

  @Column({ name: 'endpoint_id', type: 'uuid' })
  endpointId!: string;

  @Column('text')
  what!: Recovered;

  /** Events accepted at this time or later. */
  @Column({ type: 'timestamptz', precision: 3 })
  since!: Date;

  /** Events accepted before this time. */
  @Column({ type: 'timestamptz', precision: 3 })
  until!: Date;

  /** Null for all. */
  @Column({ name: 'event_types', type: 'text', array: true, nullable: true })
  eventTypes!: SubscribableEventType[] | null;

  /** Deliveries a second; null for as many as the endpoint answers. */
  @Column({ type: 'integer', nullable: true })
  rate!: number | null;

  @Column({ name: 'include_before_creation', type: 'boolean' })
  includeBeforeCreation!: boolean;

  @Column({ name: 'dry_run', type: 'boolean' })
  dryRun!: boolean;

  /** The oldest acceptance that the audit still had, if it had not all of the range. */
  @Column({ name: 'available_from', type: 'timestamptz', precision: 3, nullable: true })
  availableFrom!: Date | null;

  @Column('text')
  status!: RecoveryStatus;

  @Column({ name: 'waits_for', type: 'text', nullable: true })
  waitsFor!: Wait | null;

  @Column({ type: 'text', nullable: true })
  reason!: CancelReason | null;

  /** How many deliveries were found to match. It is final when the counting has ended. */
  @Column({ type: 'integer', default: 0 })
  expected!: number;

  @Column({ type: 'integer', default: 0 })
  sent!: number;

  @Column({ type: 'integer', default: 0 })
  succeeded!: number;

  @Column({ type: 'integer', default: 0 })
  failed!: number;

  /** How many no longer matched when their turn came. */
  @Column({ type: 'integer', default: 0 })
  skipped!: number;

  /** How far the counting got; null before it began. */
  @Column({ name: 'counted_time', type: 'timestamptz', precision: 3, nullable: true })
  countedTime!: Date | null;

  @Column({ name: 'counted_id', type: 'uuid', nullable: true })
  countedId!: string | null;

  /** Until when the rate is used up. */
  @Column({ name: 'paced_until', type: 'timestamptz', precision: 3, nullable: true })
  pacedUntil!: Date | null;

  /** Of the deliveries that wait for a retry, the one that was looked at last. */
  @Column({ name: 'looked_id', type: 'uuid', nullable: true })
  lookedId!: string | null;

  @Column({ name: 'next_step_at', type: 'timestamptz', precision: 3 })
  nextStepAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** When nothing was left to do for it. */
  @Column({ name: 'settled_at', type: 'timestamptz', precision: 3, nullable: true })
  settledAt!: Date | null;
}
