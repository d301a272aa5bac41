import type {
  DisabledReason,
  FormerSecret,
  RetryScheduleName,
  SealedAuthentication,
  SealedHeader,
  SubscribableEventType,
} from '@skillora/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An endpoint as it is stored. A deleted one keeps its row, because past deliveries refer to it. */
@Entity('endpoints')
export class Endpoint {
  @PrimaryColumn('uuid')
  id!: string;

  @Column({ name: 'organization_id', type: 'uuid' })
  organizationId!: string;

  /** Counts its changes. A bigint, as the driver gives it. */
  @Column('bigint')
  version!: string;

  @Column('text')
  url!: string;

  @Column({ type: 'text', array: true })
  events!: SubscribableEventType[];

  @Column('text')
  description!: string;

  @Column({ name: 'is_active', type: 'boolean' })
  isActive!: boolean;

  /** Attempts a second; null: any number. */
  @Column({ name: 'rate_limit', type: 'smallint', nullable: true })
  rateLimit!: number | null;

  /** Since when its deliveries wait; null: they do not. */
  @Column({ name: 'held_since', type: 'timestamptz', precision: 3, nullable: true })
  heldSince!: Date | null;

  @Column({ name: 'sealed_secret', type: 'text' })
  sealedSecret!: string;

  @Column({ name: 'former_secrets', type: 'jsonb', default: [] })
  formerSecrets!: readonly FormerSecret[];

  @Column({ type: 'jsonb', default: [] })
  headers!: readonly SealedHeader[];

  @Column({ type: 'jsonb', nullable: true })
  authentication!: SealedAuthentication | null;
  /** An `EventFilter`, as its customer wrote it; TypeORM's types of partial entities know no records. */
  @Column({ type: 'json', nullable: true })
  filter!: object | null;

  @Column({ name: 'retry_schedule', type: 'text', default: 'standard' })
  retrySchedule!: RetryScheduleName;

  /** Why the system disabled it; null if it did not, or if the endpoint was switched on since. */
  @Column({ name: 'disabled_reason', type: 'text', nullable: true })
  disabledReason!: DisabledReason | null;

  @Column({ name: 'disabled_at', type: 'timestamptz', precision: 3, nullable: true })
  disabledAt!: Date | null;

  /** When it was last switched on again, or a hold of it ended: its health starts afresh then. Null if it never was. */
  @Column({ name: 'enabled_at', type: 'timestamptz', precision: 3, nullable: true })
  enabledAt!: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt!: Date;

  @Column({ name: 'deleted_at', type: 'timestamptz', precision: 3, nullable: true })
  deletedAt!: Date | null;
}

/** Assigned to a version in an update, so that no change that comes between is lost. */
export const NEXT_VERSION = (): string => 'version + 1';
