import type { Delivery } from '@skillora/contracts';
import type { DedupeWindow, RetrySchedules } from '@skillora/dispatcher/simulation-exports';

import type { ServerAnswer } from './customer-server.js';
import type { ModelKafka } from './model-kafka.js';
import type { Random } from './random.js';
import type { VirtualClock } from './virtual-clock.js';

/** The world of one dispatcher. */
export interface Surroundings {
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly kafka: ModelKafka;
  readonly schedules: RetrySchedules;
  /** Endpoints choose their retry schedules, and change them. */
  readonly choosy: boolean;
  /** Many events for few endpoints of one partition; most of them are too slow. */
  readonly crowded: boolean;
  /**
   * One customer has several endpoints in another's partition that answer late or never, and more deliveries
   * than the partition's window takes.
   */
  readonly flooded: boolean;
  /** Most endpoints have a rate limit, and more deliveries than it allows at once. */
  readonly paced: boolean;
  /** Customers have the deliveries of an endpoint sent again that have ended. Such a world is paced too. */
  readonly recovering: boolean;
  /** How many records of a partition of deliveries may be in progress. */
  readonly maxInFlight: number;
  /** How many records of a partition of a retry topic may be in memory. */
  readonly retryWindow: number;
  /**
   * How many deliveries fit into one transaction of the fan-out; an event with more is fanned out in parts.
   */
  readonly deliveriesInTransaction: number;
  /** The largest body that each delivery holds; larger ones are read on the log of events. */
  readonly largestCopied: number;
  /** How often the outcome of a transaction stays unknown to its writer. */
  readonly unknownOutcomes: number;
  /** The partition of an endpoint's or a delivery's records. */
  shareOf(id: string): number;
  hostOf(endpointId: string): string;
  /** How long the broker stays away, ms. */
  brokerAwayMs(): number;
  /** A request reaches its customer's server. @returns the answer. */
  arrive(delivery: Delivery, body: string, instance: string): ServerAnswer;
  /**
   * True when the group counts this dispatcher as the owner of a partition of deliveries. A real one knows it
   * from its heartbeats, and from rebalances, for which the group waits for it.
   */
  owns(instance: string, partition: number): boolean;
  /** Notes that a fan-out has taken a partition of the events over, and where it goes on. */
  fanOutGoesOn?(partition: number, next: bigint, known: Pick<DedupeWindow, 'has'>): void;
  /** Notes that an attempt was in progress when its instance lost the partition. */
  atRisk(attempt: string): void;
  /** Records a broken guarantee. */
  broken(violation: string): void;
  tell(line: string): void;
}
