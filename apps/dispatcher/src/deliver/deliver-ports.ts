import type { Attempt, Delivery, DeliveryResult, EndpointState } from '@skillora/contracts';

import type { Clock } from '../clock.js';
import type { Circuits } from './circuits.js';
import { effectOf } from './connect-failure.js';
import { decideAfterAttempt } from './decide.js';
import { chooseInMainLane, chooseInSlowLane } from './lane-choice.js';
import type { PostOutcome } from './post/webhook-poster.js';
import type { SlowLane } from './slow-lane.js';

/** A delivery that was read from one of the two lanes. `R` stands for its record. */
export interface ReadDelivery<R> {
  readonly record: R;
  readonly partition: number;
  readonly delivery: Delivery;
  /** What it takes of memory, bytes. */
  readonly bytes: number;
}

/** A delivery that was read from the slow lane. Times are ms since the epoch. */
export interface ReadSlowDelivery<R> extends ReadDelivery<R> {
  /** Who wrote it there, see {@link SlowLane.goes}. */
  readonly mark: string | undefined;
  readonly writtenAt: number;
  /** When it was last sent to the end from within the lane; null when it never was. */
  readonly goesRoundSince: number | null;
}

export type LaneName = 'main' | 'slow';

/** What a record is done with. */
export type DeliveryOutcome =
  /** A later round of the delivery counts: nothing comes of this one. */
  | { readonly kind: 'superseded' }
  /** It is written to the end of the slow lane. */
  | {
      readonly kind: 'to-slow-lane';
      readonly from: LaneName;
      readonly delivery: Delivery;
      readonly mark: string;
      /** Null for a delivery of the main lane. */
      readonly goesRoundSince: number | null;
    }
  | EndedAttemptOutcome;

/** An attempt has ended, or was not made: its result is written, and the next attempt if there is to be one. */
export interface EndedAttemptOutcome {
  readonly kind: 'ended';
  readonly from: LaneName;
  readonly delivery: Delivery;
  readonly result: DeliveryResult;
  /** With the topic in which it waits. */
  readonly next: { readonly topic: string; readonly delivery: Delivery } | null;
  /** Whether anything was sent, or begun to be. */
  readonly posted: boolean;
}

/** Makes one attempt. Resolves whatever a receiver, its network or its name server does. */
export type Post = () => Promise<PostOutcome>;

/** What the engine acts on. `R` stands for a record that was read from one of the lanes. */
export interface DeliverPorts<R> {
  readonly clock: Clock;
  readonly endpoints: {
    /** The endpoint as the table knows it now. */
    get(endpointId: string): EndpointState | undefined;
    /** The endpoint of `version` or newer; undefined when it is deleted. */
    find(endpointId: string, version: number | undefined): Promise<EndpointState | undefined>;
    /** The hosts that an attempt to the endpoint may reach now. Does not throw. */
    hostsOf(endpointId: string): readonly string[];
  };
  readonly circuits: Pick<Circuits, 'passage' | 'afterAttempt' | 'forgetUnused'>;
  readonly slowLane: Pick<SlowLane, 'holds' | 'goes' | 'comes' | 'mayServe'>;
  /** True when a later round of the delivery has been asked for. */
  supersedes(delivery: Delivery): boolean;
  /** Makes ready to post a delivery to its endpoint; null when nothing can be signed for the endpoint. */
  prepare(record: R, delivery: Delivery, endpoint: EndpointState): Post | null;
  /** True when the record's partition was given to another instance. */
  isStale(record: R): boolean;
  /** Says that the record is done, in the transaction that writes what comes of it. */
  ack(record: R, outcome: DeliveryOutcome): void;
  /** Puts a record aside that cannot be handled. */
  giveUp(record: R, error: unknown): void;
  /** A delivery took over what another attempt had found of its endpoint. */
  shared(endpointId: string, found: Pick<Attempt, 'error'>): void;
  /** A delivery could not be attempted for a fault of ours. */
  failed(record: R, delivery: Delivery, error: unknown): void;
}

/** The pure functions that decide about deliveries. */
export const DELIVER_RULES = {
  chooseInMainLane,
  chooseInSlowLane,
  effectOf,
  decideAfterAttempt,
  /** The queue in which a delivery waits: each endpoint has its own. */
  queueOf: ({ endpointId }: Delivery): string => endpointId,
};
export type DeliverRules = typeof DELIVER_RULES;
