import type { Instead } from '../records/after-refusal.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';
import type { OffsetWindow, WindowCommit } from './offset-window.js';

/**
 * A unit: the partitions of one number of the topics that a keeper keeps, as long as this instance owns them. Its owner keeps
 * their windows, and writes them together with what becomes of the records. See `docs/decisions/36`.
 */
export interface KeptUnit {
  /** Since when it cannot write what is done, ms since the epoch; null while it can. */
  readonly failingSince: number | null;
  /** What is in progress in one of the topics. The transport takes records there before it hands them over. */
  window(topic: string): OffsetWindow;
  /**
   * A record is done. These records and the fact that it is done are written in one transaction, some time later. From
   * then on it is done in its window too. The first time counts.
   * @param instead alternatives, if Kafka refuses these records for good.
   */
  done(
    topic: string,
    offset: bigint,
    records: readonly OutgoingRecord[],
    instead?: Instead<OutgoingRecord>,
  ): void;
  /** Resolves when everything that is done is written, or the unit is given up. Never rejects. */
  flush(): Promise<void>;
  /** The unit is another instance's, or is taken over again: writes nothing more. Never rejects. */
  giveUp(): Promise<void>;
}

/** A unit may not be taken over now. Its keeper knows why, and has told it. */
export class MayNotOpen extends Error {}

/** What the owner of a unit can ask of its transport. */
export interface UnitSurroundings {
  /**
   * Where the commits of the group say to read on, by topic, else where the log begins. For topics of which the owner
   * knows nothing.
   */
  committed(): Promise<ReadonlyMap<string, WindowCommit>>;
  /**
   * Where the topics begin that were deleted and made again. What is known of the log before does not count for them: their
   * windows begin here.
   */
  readonly madeAnew: ReadonlyMap<string, bigint>;
  /** Records are done in the windows, so there may be room again. */
  wrote(): void;
  /** A pause of a topic that its handler asked for ends now. */
  resume(topic: string): void;
  /**
   * The memory of the unit is void. The transport gives it up, and takes it over again once the group has confirmed that
   * it still is this instance's.
   */
  lost(): void;
}

/** Keeps the positions of the units of an instance, in place of the commits of the group. */
export interface UnitKeeper {
  /** Whether the partitions of a topic are in units. What a transport reads besides them has positions of its own. */
  keeps(topic: string): boolean;
  /**
   * Takes a unit over: no former owner of it writes after that.
   * @param topics the topics of its partitions.
   * @throws {MayNotOpen} when it may not be taken over now; the transport tries again.
   * @throws {Error} when it could not be taken over; the transport tries again.
   */
  open(unit: number, topics: readonly string[], surroundings: UnitSurroundings): Promise<KeptUnit>;
}
