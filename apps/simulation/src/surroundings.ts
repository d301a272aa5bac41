import type { Delivery } from '@skillora/contracts';

import type { ServerAnswer } from './customer-server.js';
import type { ModelKafka } from './model-kafka.js';
import type { Random } from './random.js';
import type { VirtualClock } from './virtual-clock.js';

/** The world as one dispatcher sees it. */
export interface Surroundings {
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly kafka: ModelKafka;
  /** The delay before each automatic retry, ms. */
  readonly schedule: readonly number[];
  /** Many events for few endpoints of one partition, most of which do not keep up. */
  readonly crowded: boolean;
  /** So many records of a partition may be taken and not done. */
  readonly maxInFlight: number;
  /** So many deliveries fit into one transaction of the fan-out; an event with more is fanned out in parts. */
  readonly deliveriesInTransaction: number;
  /** How often the outcome of a transaction stays unknown to its writer. */
  readonly unknownOutcomes: number;
  /** The partition of what belongs to an endpoint or a delivery. */
  shareOf(id: string): number;
  hostOf(endpointId: string): string;
  /** For how long the broker is away yet, ms. */
  brokerAwayMs(): number;
  /** A request reaches its customer's server. @returns what it will answer. */
  arrive(delivery: Delivery, instance: string): ServerAnswer;
  /** An attempt was under way when its instance lost the partition. */
  atRisk(attempt: string): void;
  /** Notes that a guarantee does not hold. */
  broken(violation: string): void;
  tell(line: string): void;
}
