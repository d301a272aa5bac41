import {
  type Attempt,
  type Delivery,
  type DeliveryResult,
  type EndpointState,
  TEST_EVENT_TYPE,
} from '@skillora/contracts';

import { decideAfterAttempt } from '../attempt/decide.js';
import type { Evidence } from '../attempt/evidence.js';
import type { DeliveryBody } from '../bodies/event-bodies.js';
import type { Circuits } from '../circuit/circuits.js';
import { effectOf } from '../circuit/connect-failure.js';
import type { Clock } from '../clock.js';
import type { PostOutcome } from '../http/webhook-poster.js';
import { chooseInMainLane, chooseInSlowLane } from '../lanes/lane-choice.js';
import type { LaneName } from '../lanes/lane-room.js';
import type { Place, SlowLane } from '../lanes/slow-lane.js';
import type { WindowShares, WindowSize } from '../lanes/window-shares.js';
import type { QueueLimits, Turn } from '../queues/queue-surroundings.js';

/** A delivery from one of the two lanes. `R` is the host's type for its record. */
export interface ReadDelivery<R> {
  readonly record: R;
  readonly partition: number;
  readonly delivery: Delivery;
  /** Its size in memory while it is attempted, bytes: with its body, also if the record only names it. */
  readonly bytes: number;
  /** What is sent, if that is in memory although the delivery may only name it. */
  readonly body?: DeliveryBody;
}

/** A delivery from the slow lane. Times are ms since the epoch. */
export interface ReadSlowDelivery<R> extends ReadDelivery<R> {
  /** Where it is in the lane; empty if an older release wrote it there. */
  readonly place: Partial<Place>;
  readonly writtenAt: number;
  /** When it was last sent to the end from within the lane; null when it never was. */
  readonly requeuedAt: number | null;
}

/** The outcome with which the record of a delivery is completed. */
export type DeliveryOutcome =
  /** A later round of the delivery counts; nothing is written. */
  | { readonly kind: 'superseded' }
  /** The delivery moves to the end of the slow lane. */
  | {
      readonly kind: 'to-slow-lane';
      readonly from: LaneName;
      readonly delivery: Delivery;
      readonly place: Place;
      /** Null for a delivery of the main lane. */
      readonly requeuedAt: number | null;
    }
  | EndedAttemptOutcome;

/** An attempt has ended, or was not made: its result is written, and the next attempt if there is one. */
export interface EndedAttemptOutcome {
  readonly kind: 'ended';
  readonly from: LaneName;
  readonly delivery: Delivery;
  readonly result: DeliveryResult;
  /** The next attempt and its retry topic. */
  readonly next: { readonly topic: string; readonly delivery: Delivery } | null;
  /** Whether a request was sent or begun. */
  readonly posted: boolean;
}

/** An attempt that was made. */
export interface PostedAttempt extends PostOutcome, Partial<Evidence> {
  /** The time that its request was signed with, so that the audit can make the request again. */
  readonly startedAt: Date;
}

/** Makes one attempt. It resolves whatever a receiver, its network or its name server does. */
export type Post = () => Promise<PostedAttempt>;

/** The surroundings of the deliver engine. `R` is the host's type for a record. */
export interface DeliverPorts<R> {
  readonly clock: Clock;
  readonly endpoints: {
    /** The endpoint in the state that the table knows now. */
    get(endpointId: string): EndpointState | undefined;
    /** The endpoint of `version` or newer; undefined when it is deleted. */
    find(endpointId: string, version: number | undefined): Promise<EndpointState | undefined>;
    /** The hosts that an attempt to the endpoint may reach now. Does not throw. */
    hostsOf(endpointId: string): readonly string[];
  };
  readonly circuits: Pick<Circuits, 'admit' | 'afterAttempt' | 'forgetUnused'>;
  readonly slowLane: Pick<
    SlowLane,
    | 'holds'
    | 'enqueued'
    | 'requeued'
    | 'gaveBack'
    | 'dequeued'
    | 'mayServe'
    | 'mayServePrompt'
    | 'isNext'
    | 'makesWay'
    | 'saw'
    | 'keepOrder'
    | 'keepsOrder'
  >;
  /** The body of a delivery; null when its event is gone. Rejects when it cannot be read now. */
  bodyOf(delivery: Delivery): DeliveryBody | null | Promise<DeliveryBody | null>;
  /** True when a later round of the delivery has been asked for. */
  supersedes(delivery: Delivery): boolean;
  /**
   * Prepares an attempt; null when requests to the endpoint cannot be signed.
   * @param turn see there what each request of the attempt has to do.
   */
  prepare(
    record: R,
    delivery: Delivery,
    endpoint: EndpointState,
    turn: Turn,
    body: DeliveryBody,
  ): Post | null;
  /** True when the record's partition was given to another instance. */
  isStale(record: R): boolean;
  /**
   * Since when only this instance attempts the deliveries of a partition of both lanes, by the monotonic
   * clock, ms; null while another one may.
   */
  aloneSince(partition: number): number | null;
  /** Completes a record: its commit and the records of the outcome are one transaction. */
  ack(record: R, outcome: DeliveryOutcome): void;
  /** Puts a record on the dead-letter topic because it cannot be processed. */
  giveUp(record: R, error: unknown): void;
  /** Counts a delivery that took over the failure of another attempt. */
  shared(endpointId: string, found: Pick<Attempt, 'error'>): void;
  /** Reports that a delivery could not be attempted because of a fault in our code. */
  failed(record: R, delivery: Delivery, error: unknown): void;
}

/** How much the engine takes. */
export interface DeliverLimits extends QueueLimits {
  /** The window of each partition, of which an organisation gets a share: see {@link WindowShares}. */
  readonly window: WindowSize;
}

/** A held endpoint gets test sends, and nothing else. */
function isHeld({ heldSince }: Pick<EndpointState, 'heldSince'>, { eventType }: Delivery): boolean {
  return heldSince !== undefined && eventType !== TEST_EVENT_TYPE;
}

/** The pure functions that the engine decides with. */
export const DELIVER_RULES = {
  chooseInMainLane,
  chooseInSlowLane,
  effectOf,
  decideAfterAttempt,
  /** Whether an organisation may hold another delivery of a window. */
  isInShare: (shares: WindowShares, ...place: Parameters<WindowShares['hasRoom']>): boolean =>
    shares.hasRoom(...place),
  /** The queue in which a delivery waits: each endpoint has its own. */
  queueOf: ({ endpointId }: Delivery): string => endpointId,
  /**
   * How many attempts a second the endpoint may have, counting the one of this delivery. 0: the delivery is
   * held. Null: any number.
   */
  paceOf: (endpoint: Pick<EndpointState, 'rateLimit' | 'heldSince'>, delivery: Delivery): number | null =>
    isHeld(endpoint, delivery) ? 0 : (endpoint.rateLimit ?? null),
};
export type DeliverRules = typeof DELIVER_RULES;
