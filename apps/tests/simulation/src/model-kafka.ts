import type { WindowCommit } from '@skillora/kafka';

/** A record on a model log. */
export interface ModelRecord {
  readonly offset: bigint;
  readonly value: unknown;
  /** When it was written, ms since the epoch. */
  readonly timestamp: number;
}

/** A record to be written. */
export interface ModelWrite {
  readonly topic: string;
  readonly partition: number;
  readonly value: unknown;
}

/** The offset and metadata that a transaction commits for its input partition. */
export interface ModelCommit {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly commit: WindowCommit;
}

/** Another owner has opened the same transactional id since. */
export class Fenced extends Error {}

const NOTHING: WindowCommit = { offset: 0n, metadata: '' };

/**
 * The part of Kafka that the guarantees rely on: logs whose offsets have gaps at the ends of transactions,
 * commits with metadata, atomic transactions, and transactional ids whose newest owner fences the others.
 */
export class ModelKafka {
  private readonly logs = new Map<string, ModelRecord[]>();
  private readonly ends = new Map<string, bigint>();
  private readonly commits = new Map<string, WindowCommit>();
  private readonly epochs = new Map<string, number>();

  constructor(
    private readonly now: () => number,
    /** Called after records were written to a partition. */
    private readonly onWrite: (topic: string, partition: number) => void,
  ) {}

  log(topic: string, partition: number): readonly ModelRecord[] {
    return this.logs.get(key(topic, partition)) ?? [];
  }

  /** The records from an offset on, at most `limit`. */
  read(topic: string, partition: number, from: bigint, limit: number): ModelRecord[] {
    const log = this.log(topic, partition);
    let low = 0;
    for (let high = log.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((log[middle]?.offset ?? from) < from) low = middle + 1;
      else high = middle;
    }
    return log.slice(low, low + limit);
  }

  committed(group: string, topic: string, partition: number): WindowCommit {
    return this.commits.get(`${group}/${key(topic, partition)}`) ?? NOTHING;
  }

  /** Writes outside any transaction. */
  write(writes: readonly ModelWrite[]): void {
    for (const { topic, partition, value } of writes) {
      const at = key(topic, partition);
      let log = this.logs.get(at);
      if (!log) this.logs.set(at, (log = []));
      const offset = this.ends.get(at) ?? 0n;
      log.push({ offset, value, timestamp: this.now() });
      this.ends.set(at, offset + 1n);
    }
    for (const { topic, partition } of writes) this.onWrite(topic, partition);
  }

  /** Opens a transactional id. @returns the epoch with which its owner writes. */
  open(transactionalId: string): number {
    const epoch = (this.epochs.get(transactionalId) ?? 0) + 1;
    this.epochs.set(transactionalId, epoch);
    return epoch;
  }

  /** The epoch of the newest owner. */
  newestEpoch(transactionalId: string): number {
    return this.epochs.get(transactionalId) ?? 0;
  }

  /** Writes and commits all or nothing. @throws {Fenced} when the epoch is not the newest. */
  transact(
    owner: { readonly transactionalId: string; readonly epoch: number },
    writes: readonly ModelWrite[],
    commit: ModelCommit,
  ): void {
    if (this.epochs.get(owner.transactionalId) !== owner.epoch) throw new Fenced(owner.transactionalId);
    this.commit(commit);
    this.write(writes);
    // The marker at the end of a transaction takes an offset in every partition that it wrote to.
    for (const at of new Set(writes.map(({ topic, partition }) => key(topic, partition)))) {
      this.ends.set(at, (this.ends.get(at) ?? 0n) + 1n);
    }
  }

  /** Commits outside any transaction. */
  commit({ group, topic, partition, commit }: ModelCommit): void {
    this.commits.set(`${group}/${key(topic, partition)}`, commit);
  }
}

function key(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
