/**
 * What a recovery sends again. `failed`: deliveries with the status failed. `missed`: events for which the endpoint got
 * no delivery. `undelivered`: both, and what only a former filter left out. `all`: these, and what arrived.
 */
export const RECOVERED = ['failed', 'missed', 'undelivered', 'all'] as const;
export type Recovered = (typeof RECOVERED)[number];

/** It looks for what matches; it sends; everything it sent has ended; it was stopped. */
export const RECOVERY_STATUSES = ['counting', 'running', 'done', 'cancelled'] as const;
export type RecoveryStatus = (typeof RECOVERY_STATUSES)[number];

/** Why a recovery makes no progress. */
export const WAITS = [
  /** The audit has not read all events that were accepted before the recovery was asked for. */
  'audit',
  /** It is not known yet for which endpoints deliveries of the next event are made. */
  'fan_out',
  /** The endpoint is inactive. */
  'endpoint_inactive',
  /** The endpoint is on hold. */
  'endpoint_held',
] as const;
export type Wait = (typeof WAITS)[number];

/** Why a recovery was cancelled. */
export const CANCEL_REASONS = ['requested', 'endpoint_deleted'] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/** How many recoveries of an organisation count or run at a time. */
export const MOST_RECOVERIES = 3;

/**
 * How many cancelled recoveries of an organisation still count how what they sent ends. That can take weeks, each costs
 * steps, and a request makes one. So those that were cancelled before the newest ones stop counting.
 */
export const MOST_CANCELLED = 10;
