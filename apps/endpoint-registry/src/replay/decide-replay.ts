import type { DeliveryStatus } from '@skillora/contracts';

/** What the audit knows of an event's delivery to the endpoint. */
export interface KnownDelivery {
  readonly status: DeliveryStatus;
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
  | { readonly kind: 'skip'; readonly because: 'open' | 'delivered' };

/**
 * Decides whether an event is sent to the endpoint again. A delivery with attempts to come is left alone; a
 * delivered one is sent again only on request.
 * @param known null when there is no such delivery: the endpoint was inactive, or did not exist, when the
 * event came.
 * @param underWay whether an attempt that was requested by hand has not ended.
 */
export function decideReplay(
  known: KnownDelivery | null,
  underWay: boolean,
  includeDelivered: boolean,
): ReplayDecision {
  if (underWay) return { kind: 'skip', because: 'open' };
  if (known === null) return { kind: 'make' };
  const repeat = { kind: 'repeat', createdAt: known.createdAt, afterRound: known.round } as const;
  switch (known.status) {
    case 'failed':
      return repeat;
    case 'success':
      return includeDelivered ? repeat : { kind: 'skip', because: 'delivered' };
    case 'pending':
    case 'retrying':
      return { kind: 'skip', because: 'open' };
  }
}
