import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { apiTokenStateSchema, recordHeaders, type Scope, Topics } from '@skillora/contracts';
import { generateToken, hashToken } from '@skillora/signing';
import { DataSource, type EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { lockOrganization } from '../limits/lock-organization.js';
import { writeOutbox } from '../outbox/outbox.js';
import { TOKEN_COLUMNS, type TokenRow, toTokenState } from './token-row.js';

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
  ): Promise<{ row: TokenRow; token: string }> {
    const token = generateToken();
    const id = randomUUID();
    const deed = { organizationId, action: 'token.created', id } as const;
    const row = await this.dataSource.transaction((manager) =>
      this.log.change(manager, author, deed, async () => {
        const [made] = await manager.query<TokenRow[]>(
          `INSERT INTO api_tokens (id, hash, organization_id, name, scopes, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${TOKEN_COLUMNS}`,
          [id, hashToken(token), organizationId, name, scopes, expiresAt],
        );
        if (!made) throw new Error('a token was stored and did not come back');
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
  ): Promise<TokenRow> {
    const hash = hashToken(token);
    // Whatever makes it known to this organisation waits here.
    await lockOrganization(manager, organizationId);
    const known = await find(manager, 'hash', hash);
    const deed = {
      organizationId,
      action: known ? 'token.updated' : 'token.created',
      id: known?.id ?? randomUUID(),
    } as const;
    return this.log.change(manager, author, deed, async () => {
      await manager.query(
        `INSERT INTO api_tokens (id, hash, organization_id, name, scopes, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (hash) DO UPDATE SET scopes = excluded.scopes
          WHERE api_tokens.revoked_at IS NULL AND api_tokens.organization_id = excluded.organization_id`,
        [deed.id, hash, organizationId, name, scopes, expiresAt],
      );
      const row = await find(manager, 'hash', hash);
      if (!row) throw new Error('a token was stored and is not there');
      if (row.organization_id === organizationId) await announce(manager, row);
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
  ): Promise<{ row: TokenRow; before: boolean } | null> {
    return this.dataSource.transaction(async (manager) => {
      const found =
        'id' in which
          ? await find(manager, 'id', which.id)
          : await find(manager, 'hash', hashToken(which.token));
      if (!found) return null;
      const deed = { organizationId: found.organization_id, action: 'token.revoked', id: found.id } as const;
      return this.log.change(manager, author, deed, async () => {
        // Read again: the organisation's row is kept only from here on.
        const standing = await find(manager, 'id', found.id);
        if (!standing) return null;
        const row = standing.revoked_at === null ? { ...standing, revoked_at: new Date() } : standing;
        await manager.query('UPDATE api_tokens SET revoked_at = $2 WHERE id = $1', [row.id, row.revoked_at]);
        await announce(manager, row);
        return { row, before: standing.revoked_at !== null };
      });
    });
  }

  /** Newest first, of one organisation or of all. */
  list(organizationId: string | null): Promise<TokenRow[]> {
    return this.dataSource.query<TokenRow[]>(
      `SELECT ${TOKEN_COLUMNS} FROM api_tokens WHERE $1::uuid IS NULL OR organization_id = $1
        ORDER BY created_at DESC, id`,
      [organizationId],
    );
  }
}

async function find(
  manager: EntityManager,
  column: 'id' | 'hash',
  value: string,
): Promise<TokenRow | undefined> {
  const [row] = await manager.query<TokenRow[]>(
    `SELECT ${TOKEN_COLUMNS} FROM api_tokens WHERE ${column} = $1`,
    [value],
  );
  return row;
}

/** The organisation is kept, so the order of the outbox is the order of the changes. */
async function announce(manager: EntityManager, row: TokenRow): Promise<void> {
  await writeOutbox(manager, [
    {
      topic: Topics.apiTokens,
      key: row.hash,
      headers: recordHeaders(apiTokenStateSchema),
      value: row.revoked_at === null ? apiTokenStateSchema.encode(toTokenState(row)) : null,
    },
  ]);
}
