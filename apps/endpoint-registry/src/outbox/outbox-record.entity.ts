import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A record for Kafka that is stored in PostgreSQL first, and deleted once Kafka has it. */
@Entity('outbox')
export class OutboxRecord {
  /** The order in which the records are written to Kafka. A bigint, as the driver gives it. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id!: string;

  @Column('text')
  topic!: string;

  @Column('text')
  key!: string;

  @Column('jsonb')
  headers!: Readonly<Record<string, string>>;

  /** Null for a tombstone. */
  @Column({ type: 'bytea', nullable: true })
  value!: Buffer | null;
}
