import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { apiTokenStateSchema, recordHeaders, type Scope, Topics } from '@skillora/contracts';
import { generateToken, hashToken } from '@skillora/signing';
import { DataSource, type EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { lockOrganization } from '../limits/lock-organization.js';
import { writeOutbox } from '../outbox/outbox.js';
import { ApiToken } from './api-token.entity.js';
import { toTokenState } from './token-state.js';

/** The choices of an operator for a new token. */
export interface TokenChoice {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null when it does not expire. */
  readonly expiresAt: Date | null;
}

/**
 * Creates and revokes tokens. Every change and its outbox row for the other services are one transaction. The
 * change is in effect there once the outbox was moved.
 */
@Injectable()
export class TokenChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: ChangeLog,
  ) {}

  /** @returns the token too. Nobody can read it again: only its hash is stored. */
  async create(
    author: Author,
    organizationId: string,
    { name, scopes, expiresAt }: TokenChoice,
  ): Promise<{ row: ApiToken; token: string }> {
    const token = generateToken();
    const id = randomUUID();
    const deed = { organizationId, action: 'token.created', id } as const;
    const row = await this.dataSource.transaction((manager) =>
      this.log.change(manager, author, deed, async () => {
        const hash = hashToken(token);
        await manager.insert(ApiToken, { id, hash, organizationId, name, scopes: [...scopes], expiresAt });
        const made = await manager.findOneByOrFail(ApiToken, { hash });
        await announce(manager, made);
        return made;
      }),
    );
    return { row, token };
  }

  /**
   * Stores a token that was chosen elsewhere, with these scopes, and announces it to the other services. A
   * revoked token stays revoked. A token of another organisation is not changed and not announced, because
   * its organisation decides what it may do.
   * @returns the token in its present state.
   */
  async ensure(
    manager: EntityManager,
    author: Author,
    organizationId: string,
    token: string,
    { name, scopes, expiresAt }: TokenChoice,
  ): Promise<ApiToken> {
    const hash = hashToken(token);
    // Whatever makes it known to this organisation waits here.
    await lockOrganization(manager, organizationId);
    const known = await manager.findOneBy(ApiToken, { hash });
    const deed = {
      organizationId,
      action: known ? 'token.updated' : 'token.created',
      id: known?.id ?? randomUUID(),
    } as const;
    return this.log.change(manager, author, deed, async () => {
      // An upsert with a condition, because another instance may store the same token meanwhile.
      await manager.query(
        `INSERT INTO api_tokens (id, hash, organization_id, name, scopes, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (hash) DO UPDATE SET scopes = excluded.scopes
          WHERE api_tokens.revoked_at IS NULL AND api_tokens.organization_id = excluded.organization_id`,
        [deed.id, hash, organizationId, name, scopes, expiresAt],
      );
      const row = await manager.findOneByOrFail(ApiToken, { hash });
      if (row.organizationId === organizationId) await announce(manager, row);
      return row;
    });
  }

  /**
   * Revokes a token for good. For a token that was revoked before, the revocation is announced once more.
   * @param which its id, or the token itself.
   * @returns null when there is none; `before` when it was revoked already.
   */
  async revoke(
    author: Author,
    which: { readonly id: string } | { readonly token: string },
  ): Promise<{ row: ApiToken; before: boolean } | null> {
    return this.dataSource.transaction(async (manager) => {
      const found = await manager.findOneBy(
        ApiToken,
        'id' in which ? { id: which.id } : { hash: hashToken(which.token) },
      );
      if (!found) return null;
      const deed = { organizationId: found.organizationId, action: 'token.revoked', id: found.id } as const;
      return this.log.change(manager, author, deed, async () => {
        // Read again: the organisation's row is kept only from here on.
        const standing = await manager.findOneBy(ApiToken, { id: found.id });
        if (!standing) return null;
        const before = standing.revokedAt !== null;
        standing.revokedAt ??= new Date();
        await manager.update(ApiToken, { id: standing.id }, { revokedAt: standing.revokedAt });
        await announce(manager, standing);
        return { row: standing, before };
      });
    });
  }

  /** Newest first, of one organisation or of all. */
  list(organizationId: string | null): Promise<ApiToken[]> {
    return this.dataSource.manager.find(ApiToken, {
      ...(organizationId === null ? {} : { where: { organizationId } }),
      order: { createdAt: 'DESC', id: 'ASC' },
    });
  }
}

/** The organisation is kept, so the order of the outbox is the order of the changes. */
async function announce(manager: EntityManager, row: ApiToken): Promise<void> {
  await writeOutbox(manager, [
    {
      topic: Topics.apiTokens,
      key: row.hash,
      headers: recordHeaders(apiTokenStateSchema),
      value: row.revokedAt === null ? apiTokenStateSchema.encode(toTokenState(row)) : null,
    },
  ]);
}
