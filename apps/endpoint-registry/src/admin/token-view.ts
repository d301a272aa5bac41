import type { TokenRow } from '../organizations/token-row.js';

/** A token as operators see it; its hash is never shown. */
export function presentToken({ id, organization_id, name, scopes, ...times }: TokenRow) {
  const { created_at, expires_at, revoked_at } = times;
  return { id, organization_id, name, scopes, created_at, expires_at, revoked_at };
}

/** The state of a token in one word. */
export function tokenState(
  { expires_at, revoked_at }: TokenRow,
  now: Date,
): 'active' | 'expired' | 'revoked' {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && expires_at <= now ? 'expired' : 'active';
}
