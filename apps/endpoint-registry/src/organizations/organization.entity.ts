import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * An organisation, whose tokens, endpoints and events belong together. The columns that say where its chain of
 * changes ends are not here: they belong to `ChangeLog` alone.
 */
@Entity('organizations')
export class Organization {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** How many endpoints it can have; null for the value of MAX_ENDPOINTS. */
  @Column({ name: 'max_endpoints', type: 'integer', nullable: true })
  maxEndpoints!: number | null;
}
