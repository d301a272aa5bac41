import type { Surroundings } from '../surroundings.js';
import type { OneHopSettings } from './one-hop-parts.js';

/** The world of one dispatcher of the topology. */
export interface OneHopSurroundings extends Surroundings {
  readonly units: number;
  /** The topics of a unit, the events among them. */
  readonly topicsOfUnit: readonly string[];
  readonly settings: OneHopSettings;
  /** Notes that a transaction with so many outcomes is written. */
  wrote(outcomes: number): void;
  /** The attempt of a result. */
  attemptOf(result: unknown): string;
  /** Notes how many deliveries of one event, and of all, an instance holds. */
  holds(ofEvent: number, all: number): void;
  /** When the group heard of a member last it is this long until its session is over, ms. */
  readonly sessionMs: number;
}
