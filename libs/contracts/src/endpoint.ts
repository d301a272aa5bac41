import type { SubscribableEventType } from './event.js';
import { jsonRecordSchema } from './record-schema.js';

/** An endpoint's newest state, on the compacted topic `webhook.endpoints`. */
export interface EndpointState {
  readonly id: string;
  readonly organizationId: string;
  /** Grows with every change; a reader keeps the greatest. */
  readonly version: number;
  readonly url: string;
  readonly events: readonly SubscribableEventType[];
  readonly isActive: boolean;
  /** The signing secret, sealed with `SECRETS_KEY` (AES-256-GCM, the endpoint's id as associated data). */
  readonly sealedSecret: string;
  /** Secrets it had before that receivers may still verify with, newest first; absent in records of older releases. */
  readonly formerSecrets?: readonly FormerSecret[];
  /** What dispatchers have no use for, so that endpoints can be restored from here; absent in records of older releases. */
  readonly description?: string;
  /** ISO 8601 in UTC, milliseconds. */
  readonly createdAt?: string;
}

/** A secret that was replaced and counts for a while, in the additional signatures alone. */
export interface FormerSecret {
  /** Sealed as the present one is. */
  readonly sealedSecret: string;
  /** ISO 8601; from then on it signs nothing. */
  readonly expiresAt: string;
}

export const endpointStateSchema = jsonRecordSchema<EndpointState>('webhook.endpoint', 1, {
  id: 'string',
  organizationId: 'string',
  version: 'number',
  url: 'string',
  events: 'object',
  isActive: 'boolean',
  sealedSecret: 'string',
});
