import type { AuditedStatus } from '../projection/audited-status.js';

/** What the audit knows of an event's delivery to the endpoint. */
export interface KnownDelivery {
  readonly status: AuditedStatus;
  readonly round: number;
  /** Ms since the epoch. */
  readonly createdAt: number;
}

/** What a replay does with an event. */
export type ReplayDecision =
  /** Creates a delivery that did not exist; its first round counts as requested by hand. */
  | { readonly kind: 'make' }
  /** Starts a new round of the delivery. */
  | { readonly kind: 'repeat'; readonly createdAt: number; readonly afterRound: number }
  | { readonly kind: 'skip'; readonly because: 'open' | 'delivered' | 'filtered' };

/**
 * Decides whether an event is sent to the endpoint again. A delivery with attempts to come is left alone; a
 * delivered one is sent again only on request.
 * @param isWanted whether the endpoint's filter, as it is now, lets the event through.
 * @param known null when there is no such delivery: the endpoint was inactive, or did not exist, when the
 * event came.
 * @param underWay whether an attempt that was requested by hand has not ended.
 */
export function decideReplay(
  known: KnownDelivery | null,
  underWay: boolean,
  includeDelivered: boolean,
  isWanted: boolean,
): ReplayDecision {
  if (underWay) return { kind: 'skip', because: 'open' };
  if (!isWanted) return { kind: 'skip', because: 'filtered' };
  if (known === null) return { kind: 'make' };
  const repeat = { kind: 'repeat', createdAt: known.createdAt, afterRound: known.round } as const;
  switch (known.status) {
    case 'failed':
    case 'filtered':
      return repeat;
    case 'success':
      return includeDelivered ? repeat : { kind: 'skip', because: 'delivered' };
    case 'pending':
    case 'retrying':
      return { kind: 'skip', because: 'open' };
  }
}
