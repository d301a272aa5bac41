import type { DeliveryStatus } from '@skillora/contracts';

/** What the audit knows of the delivery of an event to the endpoint. */
export interface KnownDelivery {
  readonly status: DeliveryStatus;
  readonly round: number;
  /** Ms since the epoch. */
  readonly createdAt: number;
}

/** What a replay does about an event. */
export type ReplayDecision =
  /** A delivery is made that never was; its first round is asked for by hand. */
  | { readonly kind: 'make' }
  /** A new round of the delivery begins. */
  | { readonly kind: 'repeat'; readonly createdAt: number; readonly afterRound: number }
  | { readonly kind: 'skip'; readonly because: 'open' | 'delivered' };

/**
 * Whether an event is to be sent to the endpoint again. What still has attempts before it is left alone; what arrived is
 * sent again only when that is asked for.
 * @param known null when there is no such delivery: the endpoint was inactive, or not there, when the event came.
 * @param underWay that an attempt was asked for by hand and has not ended.
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
