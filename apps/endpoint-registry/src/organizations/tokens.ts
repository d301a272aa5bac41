import { Injectable } from '@nestjs/common';
import {
  type ApiTokenState,
  apiTokenStateSchema,
  recordHeaders,
  type Scope,
  Topics,
} from '@skillora/contracts';
import type { TokenDirectory } from '@skillora/rest';
import { hashToken } from '@skillora/signing';
import { DataSource, type EntityManager } from 'typeorm';

import { writeOutbox } from '../outbox/outbox.js';

interface TokenRow {
  readonly hash: string;
  readonly organization_id: string;
  readonly scopes: Scope[];
  readonly expires_at: Date | null;
}

/** Tokens where they are at home: only their hashes are stored. */
@Injectable()
export class Tokens implements TokenDirectory {
  constructor(private readonly dataSource: DataSource) {}

  /** The token of that hash, unless it was revoked. */
  async find(hash: string): Promise<ApiTokenState | null> {
    const [row] = await this.dataSource.query<TokenRow[]>(
      'SELECT hash, organization_id, scopes, expires_at FROM api_tokens WHERE hash = $1 AND revoked_at IS NULL',
      [hash],
    );
    return row ? toState(row) : null;
  }

  /** Makes the token known if it is not, and tells the other services of it in any case. */
  async ensure(
    manager: EntityManager,
    organizationId: string,
    token: string,
    scopes: readonly Scope[],
  ): Promise<void> {
    const hash = hashToken(token);
    await manager.query(
      `INSERT INTO api_tokens (hash, organization_id, name, scopes) VALUES ($1, $2, 'bootstrap', $3)
       ON CONFLICT (hash) DO NOTHING`,
      [hash, organizationId, scopes],
    );
    const [row] = await manager.query<TokenRow[]>(
      'SELECT hash, organization_id, scopes, expires_at FROM api_tokens WHERE hash = $1 AND revoked_at IS NULL FOR UPDATE',
      [hash],
    );
    if (!row) return;
    await writeOutbox(manager, [
      {
        topic: Topics.apiTokens,
        key: hash,
        headers: recordHeaders(apiTokenStateSchema),
        value: apiTokenStateSchema.encode(toState(row)),
      },
    ]);
  }
}

function toState({ hash, organization_id, scopes, expires_at }: TokenRow): ApiTokenState {
  return { hash, organizationId: organization_id, scopes, expiresAt: expires_at?.toISOString() ?? null };
}
