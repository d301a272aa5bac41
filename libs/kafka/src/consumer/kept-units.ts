import type { Logger } from '@skillora/operability';

import { tryUntilDone } from '../backoff.js';
import type { Instead } from '../records/after-refusal.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';
import type { Committer } from './committer.js';
import type { FetchControl } from './fetch-control.js';
import type { OffsetWindow, WindowCommit } from './offset-window.js';
import type { OwnedPartition } from './owned-partition.js';
import { positionIn, type StartingPoints } from './starting-points.js';
import { partitionKey, type TopicPartition } from './topic-partition.js';
import { type KeptUnit, MayNotOpen, type UnitKeeper, type UnitSurroundings } from './unit-keeper.js';

export interface KeptUnitsOptions {
  readonly keeper: UnitKeeper;
  readonly fetching: FetchControl;
  readonly startingPoints: StartingPoints;
  /** Resolves when the group has confirmed a heartbeat that was sent after this call. */
  readonly confirmed: () => Promise<void>;
  /** The memory of a unit is void: its partitions are to be lost and gained again. */
  readonly again: (unit: number) => void;
  readonly logger: Logger;
}

/** The pauses between two tries to take a unit over. */
const BACKOFF = { firstMs: 100, mostMs: 1_000 };

/** Adds what becomes of the records of one partition to its unit. */
class UnitCommitter implements Committer {
  private unit: KeptUnit | null = null;
  private forget: () => void = () => undefined;

  constructor(private readonly topic: string) {}

  get failingSince(): number | null {
    return this.unit?.failingSince ?? null;
  }

  /** @param forget is called when the unit is given up: what it remembers is large. */
  begin(unit: KeptUnit, forget: () => void): void {
    this.unit = unit;
    this.forget = forget;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  attach(): void {
    // The unit keeps the windows of its partitions.
  }

  add(offset: bigint, records: readonly OutgoingRecord[], instead?: Instead<OutgoingRecord>): void {
    this.unit?.done(this.topic, offset, records, instead);
  }

  async flush(): Promise<void> {
    await this.unit?.flush();
  }

  async close(): Promise<void> {
    const { unit } = this;
    this.unit = null;
    await unit?.giveUp();
    this.forget();
  }
}

/** The partition was lost before its unit was taken over. */
class LostMeanwhile extends Error {}

/** The units of this instance, each from when its partitions are gained until they are lost. */
export class KeptUnits {
  /** The committers of the partitions, by {@link partitionKey}. */
  private readonly committers = new Map<string, UnitCommitter>();
  /**
   * The last unit of each number that is not given up yet; null if it could not be taken over. It is given up before the
   * next one is opened.
   */
  private readonly last = new Map<number, Promise<KeptUnit | null>>();
  /** The units that must be confirmed by the group before they are taken over. */
  private readonly doubtful = new Set<number>();
  /** Where the logs begin that were made anew, by {@link partitionKey}, until their unit is taken over next. */
  private readonly anew = new Map<string, bigint>();

  constructor(private readonly options: KeptUnitsOptions) {}

  /** The committer of a partition of a unit. */
  committer({ topic, partition }: TopicPartition): Committer {
    const created = new UnitCommitter(topic);
    this.committers.set(partitionKey(topic, partition), created);
    return created;
  }

  /** The log of a partition was made anew. Its unit begins there when it is taken over next. */
  madeAnew({ topic, partition }: TopicPartition, offset: bigint): void {
    this.anew.set(partitionKey(topic, partition), offset);
  }

  /** Takes the unit of these partitions over. They are read once that is done. */
  gain(partitions: readonly OwnedPartition[]): void {
    const [first] = partitions;
    if (!first) return;
    const unit = first.partition;
    const former = this.last.get(unit);
    const madeAnew = new Map(partitions.flatMap((each) => this.beginningOfNew(each)));
    const opened = (async () => {
      await (await former)?.giveUp();
      return await this.open(unit, partitions, madeAnew);
    })();
    const last = opened.catch(() => null);
    this.last.set(unit, last);
    const forget = (): void => {
      if (this.last.get(unit) === last) this.last.delete(unit);
    };
    for (const each of partitions) {
      each.restore(opened.then((kept) => this.begin(kept, each, forget)));
    }
  }

  /** Resolves when no unit is being taken over any more. */
  async settled(): Promise<void> {
    await Promise.all(this.last.values());
  }

  private begin(kept: KeptUnit, partition: OwnedPartition, forget: () => void): OffsetWindow {
    const { topic, partition: unit } = partition;
    if (isLost(partition)) throw new LostMeanwhile();
    this.committers.get(partitionKey(topic, unit))?.begin(kept, forget);
    const window = kept.window(topic);
    this.options.fetching.seek(partition, window.next);
    return window;
  }

  private beginningOfNew({ topic, partition }: TopicPartition): readonly (readonly [string, bigint])[] {
    const key = partitionKey(topic, partition);
    const offset = this.anew.get(key);
    this.anew.delete(key);
    return offset === undefined ? [] : [[topic, offset]];
  }

  private async open(
    unit: number,
    partitions: readonly OwnedPartition[],
    madeAnew: UnitSurroundings['madeAnew'],
  ): Promise<KeptUnit> {
    const { keeper, fetching, confirmed, again, logger } = this.options;
    const isGivenUp = (): boolean => fetching.ended || partitions.some(isLost);
    const topics = partitions.map(({ topic }) => topic);
    const takeOver = async (): Promise<KeptUnit> => {
      if (isGivenUp()) throw new LostMeanwhile();
      if (this.doubtful.has(unit)) await confirmed();
      if (isGivenUp()) throw new LostMeanwhile();
      const kept = await keeper.open(unit, topics, {
        committed: () => this.committed(partitions),
        madeAnew,
        wrote: () => partitions.forEach((each) => each.adjustFlow()),
        resume: (topic) => partitions.find((each) => each.topic === topic)?.endPause(),
        lost: () => {
          if (partitions.some(isLost)) return;
          this.doubtful.add(unit);
          again(unit);
        },
      });
      this.doubtful.delete(unit);
      if (isGivenUp()) {
        await kept.giveUp();
        throw new LostMeanwhile();
      }
      return kept;
    };
    return await tryUntilDone(takeOver, {
      ...BACKOFF,
      onFailure: (error, attempt) => {
        if (isGivenUp()) throw error;
        if (error instanceof MayNotOpen) return;
        logger.warn(
          { err: error, attempt, partition: unit },
          'the partitions of one number could not be taken over; trying again. If this repeats, fix what the error names',
        );
      },
    });
  }

  private async committed(partitions: readonly OwnedPartition[]): Promise<ReadonlyMap<string, WindowCommit>> {
    const points = await this.options.startingPoints.find(partitions);
    return new Map(partitions.map((each) => [each.topic, positionIn(points, each)]));
  }
}

function isLost({ state }: OwnedPartition): boolean {
  return state === 'lost';
}
