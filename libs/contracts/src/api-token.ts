import { jsonRecordSchema } from './record-schema.js';

/** The scopes of tokens. A token has any number of them. */
export const SCOPES = [
  'endpoints:read',
  'endpoints:write',
  'deliveries:read',
  'deliveries:retry',
  'events:write',
  'audit:read',
] as const;
export type Scope = (typeof SCOPES)[number];

/**
 * An API token as services know it, on the compacted topic `webhook.api-tokens`. The token itself is stored
 * nowhere.
 */
export interface ApiTokenState {
  /** SHA-256 of the token, lower-case hex; the record's key. */
  readonly hash: string;
  readonly organizationId: string;
  readonly scopes: readonly Scope[];
  /** ISO 8601 in UTC, or null when it does not expire. */
  readonly expiresAt: string | null;
}

export const apiTokenStateSchema = jsonRecordSchema<ApiTokenState>('webhook.api-token', 1, {
  hash: 'string',
  organizationId: 'string',
  scopes: 'object',
});
