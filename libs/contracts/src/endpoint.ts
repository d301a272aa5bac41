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
