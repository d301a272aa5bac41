import type { Surroundings } from '../surroundings.js';
import type { OneHopSettings } from './one-hop-parts.js';
import type { Refusals } from './refusals.js';

/** The world of one dispatcher of the topology. */
export interface OneHopSurroundings extends Surroundings {
  readonly units: number;
  /** The topics of a unit, the events among them. */
  readonly topicsOfUnit: readonly string[];
  readonly settings: OneHopSettings;
  readonly refusals: Refusals;
  /** Notes that a transaction with so many outcomes is written. */
  wrote(outcomes: number): void;
  /** How many instances with two hops are members of its groups. */
  formersThere(): number;
  /** For how long they have been there while the brokers were, ms. */
  formersThereFor(): number;
  /** Notes that a unit was taken over; that its owner has ended, and has written all that it had to say. */
  opened(unit: number): void;
  leftInOrder(unit: number): void;
  /** The attempt of a result. */
  attemptOf(result: unknown): string;
  /** Notes how many deliveries of one event, and of all, an instance holds. */
  holds(ofEvent: number, all: number): void;
  /** When the group heard of a member last it is this long until its session is over, ms. */
  readonly sessionMs: number;
}
