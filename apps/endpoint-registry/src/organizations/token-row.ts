import type { ApiTokenState, Scope } from '@skillora/contracts';

/** A token as it is stored: all fields except the token itself. */
export interface TokenRow {
  readonly id: string;
  readonly hash: string;
  readonly organization_id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

export const TOKEN_COLUMNS = 'id, hash, organization_id, name, scopes, created_at, expires_at, revoked_at';

/** A token as the services know it. */
export function toTokenState({ hash, organization_id, scopes, expires_at }: TokenRow): ApiTokenState {
  return { hash, organizationId: organization_id, scopes, expiresAt: expires_at?.toISOString() ?? null };
}

/** A token as its own service knows it: with what people call it. */
export type KnownToken = ApiTokenState & Pick<TokenRow, 'id' | 'name'>;
