import type { SubscribableEventType } from './event.js';
import type { EventFilter } from './filter/event-filter.js';
import { jsonRecordSchema } from './record-schema.js';
import type { SealedAuthentication } from './request-authentication.js';
import type { SealedHeader } from './request-headers.js';
import type { RetryScheduleName } from './retry-schedule.js';

/** An endpoint's newest state, on the compacted topic `webhook.endpoints`. */
export interface EndpointState {
  readonly id: string;
  readonly organizationId: string;
  /** Grows with every change; readers keep the state with the highest version. */
  readonly version: number;
  readonly url: string;
  readonly events: readonly SubscribableEventType[];
  readonly isActive: boolean;
  /** The signing secret, encrypted with `SECRETS_KEY` (AES-256-GCM, the endpoint's id as associated data). */
  readonly sealedSecret: string;
  /**
   * Former secrets that receivers may still verify with, newest first; absent in records of older releases.
   */
  readonly formerSecrets?: readonly FormerSecret[];
  /** Which events of its types it wants; absent if it wants all, and in records of older releases. */
  readonly filter?: EventFilter;
  /**
   * How many attempts may begin in any second, see {@link RATE_LIMIT}; absent: any number. Dispatchers of
   * older releases ignore it.
   */
  readonly rateLimit?: number;
  /**
   * Since when its deliveries wait, ISO 8601 in UTC, milliseconds; absent: they do not. Dispatchers of older
   * releases ignore it.
   */
  readonly heldSince?: string;
  /**
   * Fields that dispatchers do not need, for restoring endpoints from this topic; absent in records of older
   * releases.
   */
  readonly description?: string;
  /** ISO 8601 in UTC, milliseconds. */
  readonly createdAt?: string;
  /** Headers that requests carry beside ours; absent if there are none, as in records of older releases. */
  readonly headers?: readonly SealedHeader[];
  /** How requests authenticate themselves; absent if they do not, as in records of older releases. */
  readonly authentication?: SealedAuthentication;
  /** Absent for the standard one, and in records of older releases: see `retryScheduleOf`. */
  readonly retrySchedule?: RetryScheduleName;
  /**
   * Why and when the system disabled the endpoint; absent if it did not, or if somebody switched it on since. Like
   * `enabledAt`, it is for restoring, and absent in records of older releases.
   */
  readonly disabled?: DisabledState;
  /** When the endpoint was last switched on again, or a hold ended, ISO 8601 in UTC, milliseconds; absent if it never was. */
  readonly enabledAt?: string;
}

/** Why the system disables an endpoint: its deliveries failed for too long, or it answered 410. */
export const DISABLED_REASONS = ['failing', 'gone'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** That the system has disabled an endpoint. */
export interface DisabledState {
  readonly reason: DisabledReason;
  /** ISO 8601 in UTC, milliseconds. */
  readonly at: string;
}

/** A replaced secret that stays valid for a while, only for the signatures of Standard Webhooks. */
export interface FormerSecret {
  /** Encrypted like the present one. */
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
