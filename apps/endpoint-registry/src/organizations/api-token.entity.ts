import type { Scope } from '@skillora/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A token as it is stored: all fields except the token itself. */
@Entity('api_tokens')
export class ApiToken {
  /** SHA-256 of the token, lower-case hex. */
  @PrimaryColumn('text')
  hash!: string;

  /** By which operators name it, because its hash must not be shown. */
  @Column('uuid')
  id!: string;

  @Column({ name: 'organization_id', type: 'uuid' })
  organizationId!: string;

  @Column('text')
  name!: string;

  @Column({ type: 'text', array: true })
  scopes!: Scope[];

  @Column({ name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  /** Null when it does not expire. */
  @Column({ name: 'expires_at', type: 'timestamptz', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true })
  revokedAt!: Date | null;
}
