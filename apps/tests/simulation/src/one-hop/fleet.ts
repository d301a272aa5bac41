import type { DedupeWindow } from '@skillora/dispatcher/simulation-exports';

import type { Arrival } from '../customer-server.js';
import type { OneHopSabotage } from './one-hop-sabotage.js';
import type { SideBySideDispatcher, SideBySideSurroundings } from './side-by-side-dispatcher.js';

/** The world of a fleet. */
export interface FleetSurroundings extends SideBySideSurroundings {
  readonly sabotage: OneHopSabotage | null;
  readonly arrivals: readonly Arrival[];
  /** How far the tables of the dispatchers may be behind, ms. */
  readonly mostLagMs: number;
  /** The brokers do not answer for some time. */
  outage(): void;
}

/** The dispatchers of a scenario, and what happens to them. */
export interface Fleet {
  /** Null when all are of one release. */
  readonly mixed: MixedFleet | null;
  /** Starts the first dispatchers. */
  begin(count: number): void;
  /** Something happens to one of them, or to the brokers. */
  fault(): void;
  /** Something was written to a topic. */
  written(topic: string, partition: number): void;
  /** Whether the group counts a dispatcher as the owner of a unit. */
  owns(instance: string, unit: number): boolean;
}

/** What is noted where dispatchers of two releases run side by side. */
export interface MixedFleet {
  /** How many dispatchers with two hops are members of its groups, and since when, ms since the epoch. */
  readonly formersThere: number;
  readonly formersThereSince: number | null;
  rejoin(instance: SideBySideDispatcher): void;
  opened(unit: number): void;
  leftInOrder(unit: number): void;
  fanOutGoesOn(partition: number, next: bigint, known: Pick<DedupeWindow, 'has'>): void;
  /** How often a delivery was made once more, because its event was open when a fan-out took over. */
  madeAgain(deliveryId: string): number;
}
