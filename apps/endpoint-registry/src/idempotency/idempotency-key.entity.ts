import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A request with an idempotency key, and its answer. */
@Entity('idempotency_keys')
export class IdempotencyKey {
  @PrimaryColumn({ name: 'organization_id', type: 'uuid' })
  organizationId!: string;

  @PrimaryColumn('text')
  key!: string;

  /** The request and its answer, which can hold a secret, encrypted. */
  @Column({ name: 'sealed_exchange', type: 'text' })
  sealedExchange!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt!: Date;

  /** When its change was known to be in effect; null while the first request is under way. */
  @Column({ name: 'settled_at', type: 'timestamptz', precision: 3, nullable: true })
  settledAt!: Date | null;
}
