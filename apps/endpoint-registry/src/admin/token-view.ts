import type { ApiToken } from '../organizations/api-token.entity.js';

/** A token as operators see it; its hash is never shown. */
export function presentToken({ id, organizationId, name, scopes, ...times }: ApiToken) {
  const { createdAt, expiresAt, revokedAt } = times;
  return {
    id,
    organization_id: organizationId,
    name,
    scopes,
    created_at: createdAt,
    expires_at: expiresAt,
    revoked_at: revokedAt,
  };
}

/** The state of a token in one word. */
export function tokenState({ expiresAt, revokedAt }: ApiToken, now: Date): 'active' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
}
