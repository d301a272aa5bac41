import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';

import { tryUntilDone } from '../backoff.js';
import { assignmentChange, beginningTogether } from './assignment-change.js';
import type { BatchTransportOptions } from './batch-transport-options.js';
import type { Committer } from './committer.js';
import type { FetchControl } from './fetch-control.js';
import { OwnedPartition } from './owned-partition.js';
import { TransactionalCommitter } from './transactional-committer.js';
import { KeptUnits } from './kept-units.js';
import { OffsetWindow } from './offset-window.js';
import { positionIn, type StartingPoints } from './starting-points.js';
import { partitionKey, type TopicPartition } from './topic-partition.js';
import type { WindowLimits } from './window-limits.js';

export interface PartitionAssignmentOptions extends Pick<
  BatchTransportOptions,
  'transactions' | 'coPartitioned' | 'begin' | 'onAssignment' | 'onAnotherLog' | 'keeper'
> {
  readonly fetching: FetchControl;
  /** The limits of a topic's partitions. Null: they are never full. */
  readonly limitsOf: (topic: string) => WindowLimits | null;
  readonly startingPoints: StartingPoints;
  /** Resolves when the group has confirmed a heartbeat that was sent after this call. */
  readonly confirmed: () => Promise<void>;
  readonly logger: Logger;
}

/** After this time without progress a partition is a problem, unless the options say otherwise, ms. */
const PARTITION_STUCK_MS = 60_000;
/** The pauses between two tries to fence a former owner. */
const BACKOFF = { firstMs: 100, mostMs: 1_000 };
/** Finished work is written before an instance leaves, for this long at most if the brokers do not answer. */
const LAST_FLUSH_MS = 5_000;

/** The partitions of this instance, as the group assigns them. Those that stay in a rebalance keep working. */
export class PartitionAssignment {
  private readonly partitions = new Map<string, OwnedPartition>();
  /** Each is settled once the positions of some partitions are known, or are not asked for any more. */
  private readonly asking = new Set<Promise<void>>();
  private memberId: string | null = null;
  /** Null unless a keeper has positions. */
  private readonly units: KeptUnits | null;

  constructor(private readonly options: PartitionAssignmentOptions) {
    const { keeper } = options;
    this.units = keeper
      ? new KeptUnits({ ...options, keeper, again: (unit) => this.takeOverAgain(unit) })
      : null;
  }

  get all(): OwnedPartition[] {
    return [...this.partitions.values()];
  }

  /** The partition, if this instance owns it. */
  get({ topic, partition }: TopicPartition): OwnedPartition | undefined {
    return this.partitions.get(partitionKey(topic, partition));
  }

  /** How many records are in progress, over all partitions. */
  get inFlight(): number {
    return this.all.reduce((sum, { window }) => sum + (window?.inFlight ?? 0), 0);
  }

  /**
   * Null while all partitions make progress; else one sentence about one of them that has made none, although
   * it should.
   * @param afterMs after this time without progress.
   */
  problem(afterMs = PARTITION_STUCK_MS, now = Date.now()): string | null {
    for (const each of this.all) {
      const ms = each.stuckMs(now);
      if (ms < afterMs) continue;
      return `partition ${each.partition} of ${each.topic} has come no further for ${Math.floor(ms / 1_000)} s; the log says why`;
    }
    return null;
  }

  /** Applies the group's assignment. Partitions that stay keep their windows. */
  apply(memberId: string, assignment: Readonly<Record<string, readonly number[]>>): void {
    const { begin = 'apart', coPartitioned = false, onAssignment, logger } = this.options;
    const isNewMember = this.memberId !== memberId;
    this.memberId = memberId;
    const former = this.all.map(({ topic, partition }): TopicPartition => ({ topic, partition }));
    const inUnits = (topic: string): boolean => this.isKept({ topic });
    const { gained, lost, owned } = assignmentChange(former, assignment, isNewMember, inUnits);
    for (const each of lost) this.lose(each);
    for (const together of beginningTogether(gained, begin, coPartitioned)) this.gain(together);
    for (const partition of this.all) partition.stay();
    logger.info({ gained, lost, owned }, 'partitions assigned');
    if (gained.length > 0 || lost.length > 0) onAssignment?.({ gained, lost });
  }

  /** Begins a partition again whose topic was deleted and recreated. */
  beginAnew(former: OwnedPartition, offset: bigint): void {
    const { topic, partition } = former;
    this.options.logger.error(
      { topic, partition, offset: String(offset), readTo: String(former.window?.next) },
      'a partition ends before the offset that was already read, so its topic was recreated. The consumer reads the new topic from the offset named here',
    );
    if (this.units && this.isKept(former)) {
      this.units.madeAnew(former, offset);
      this.takeOverAgain(partition);
      this.options.onAnotherLog?.({ topic, partition });
      return;
    }
    this.lose(former);
    this.options.onAnotherLog?.({ topic, partition });
    const fresh = this.add({ topic, partition });
    fresh.beginAt(offset, this.takeOver(fresh));
  }

  /** Resolves when all outcomes are in Kafka that were added to committers, or after a while. */
  async flush(): Promise<void> {
    await this.forAWhile(this.all.map(async ({ committer }) => committer?.flush()));
  }

  /** Writes what was added to committers, for a while, and takes nothing more. */
  async closeCommitters(): Promise<void> {
    await this.flush();
    // An outcome that Kafka refuses again and again must not keep its committer at work for ever.
    const closed = this.all.map(async ({ committer }) => committer?.close());
    await this.forAWhile([...closed, this.units?.settled() ?? Promise.resolve()]);
  }

  /**
   * Resolves when nobody asks any more where a partition is to be read from, or after a while. An instance that ends while
   * it gains partitions would go on asking otherwise, over connections that nobody closes.
   */
  async settled(): Promise<void> {
    await this.forAWhile([...this.asking]);
  }

  /** Forgets all partitions. */
  clear(): void {
    this.partitions.clear();
  }

  /** Gives the partitions of a unit up and takes them over again, although the group has not moved them. */
  private takeOverAgain(unit: number): void {
    const partitions = this.all
      .filter((each) => each.partition === unit && this.isKept(each))
      .map(({ topic, partition }): TopicPartition => ({ topic, partition }));
    const { onAssignment, logger } = this.options;
    logger.warn(
      { partition: unit },
      'what this instance knows of the partitions of one number is void, so it takes them over again. Nothing needs to be done unless this repeats',
    );
    for (const each of partitions) this.lose(each);
    this.gain(partitions);
    // Nothing is fetched until then.
    for (const each of partitions) this.get(each)?.applyFlow();
    onAssignment?.({ gained: partitions, lost: partitions });
  }

  /** Takes partitions over. They are read once the position to read from is known. */
  private gain(gained: readonly TopicPartition[]): void {
    const added = gained.map((each) => this.add(each));
    this.units?.gain(added.filter((each) => this.isKept(each)));
    const partitions = added.filter((each) => !this.isKept(each));
    if (partitions.length === 0) return;
    // The former owner of a partition must have written its last commit before the commit is read.
    const takenOver = Promise.all(partitions.map((each) => this.takeOver(each)));
    const positions = takenOver.then(() => this.options.startingPoints.find(partitions));
    for (const each of partitions)
      each.restore(positions.then((points) => new OffsetWindow(positionIn(points, each))));
    const asked = Promise.allSettled([positions]).then(() => void this.asking.delete(asked));
    this.asking.add(asked);
  }

  /** Whether a keeper has the position. */
  private isKept({ topic }: Pick<TopicPartition, 'topic'>): boolean {
    return this.options.keeper?.keeps(topic) ?? false;
  }

  private add({ topic, partition }: TopicPartition): OwnedPartition {
    const { fetching, limitsOf } = this.options;
    const added = new OwnedPartition({
      topic,
      partition,
      fetching,
      limits: limitsOf(topic),
      isKept: this.isKept({ topic }),
      committer: (onCommit) => this.committer({ topic, partition }, onCommit),
    });
    this.partitions.set(partitionKey(topic, partition), added);
    return added;
  }

  private lose({ topic, partition }: TopicPartition): void {
    const key = partitionKey(topic, partition);
    this.partitions.get(key)?.lose();
    this.partitions.delete(key);
  }

  private committer(
    { topic, partition }: TopicPartition,
    onCommit: (offset: bigint) => void,
  ): Committer | null {
    if (this.units && this.isKept({ topic })) return this.units.committer({ topic, partition });
    const { transactions, startingPoints, logger } = this.options;
    if (!transactions) return null;
    const groupIds = startingPoints.groupsOf(topic);
    const { lingerMs = transactions.lingerMs } = transactions.ofTopic?.(topic) ?? {};
    return new TransactionalCommitter({
      kafka: transactions.kafka,
      transactionalId: `${groupIds[0]}-${topic}-${partition}`,
      groupIds,
      topic,
      partition,
      lingerMs,
      logger,
      readCommit: () => startingPoints.ofPartition({ topic, partition }),
      onCommit,
    });
  }

  /** Fences the former owner. Never rejects; gives up once this instance takes no more records. */
  private async takeOver({ committer }: OwnedPartition): Promise<void> {
    if (!committer) return;
    const { fetching, logger } = this.options;
    await tryUntilDone(() => (fetching.ended ? Promise.resolve() : committer.open()), {
      ...BACKOFF,
      onFailure: (error, attempt) =>
        logger.warn(
          { err: error, attempt },
          'a partition could not be taken over; trying again. If this repeats, fix what the error names',
        ),
    });
  }

  private async forAWhile(work: readonly Promise<void>[]): Promise<void> {
    await Promise.race([Promise.all(work), delay(LAST_FLUSH_MS, undefined, { ref: false })]);
  }
}
