import type { ApiTokenState } from '@skillora/contracts';

import type { ApiToken } from './api-token.entity.js';

/** A token as the services know it. */
export function toTokenState({ hash, organizationId, scopes, expiresAt }: ApiToken): ApiTokenState {
  return { hash, organizationId, scopes, expiresAt: expiresAt?.toISOString() ?? null };
}

/** A token as its own service knows it: with what people call it. */
export type KnownToken = ApiTokenState & Pick<ApiToken, 'id' | 'name'>;
