/** How a receiver answers: after a delay, or never. */
export type ReceiverBehaviour =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly afterMs?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'hang' };

/**
 * A request as it arrived: its receiver, delivery and event, and the time (ms since the epoch, with
 * fractions).
 */
export interface Arrival {
  readonly receiver: number;
  readonly deliveryId: string;
  readonly mark: string;
  readonly at: number;
}

/** How many requests arrived since the last reset, over all receivers, and when the last did. */
export interface ArrivalCount {
  readonly arrivals: number;
  readonly lastAt: number;
}

/** The commands to the receivers' process. */
export type ReceiverQuestion =
  | { readonly ask: 'behave'; readonly receivers: readonly number[]; readonly behaviour: ReceiverBehaviour }
  | { readonly ask: 'reset' }
  | { readonly ask: 'count' }
  | { readonly ask: 'arrivals' }
  | { readonly ask: 'take' };
