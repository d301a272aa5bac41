import { OffsetWindow } from '@skillora/kafka';

import type { ModelKafka, ModelRecord, ModelWrite } from './model-kafka.js';

export type Group = 'fan-out' | 'deliver' | 'retry';

/** A partition of a group's topic. */
export interface Share {
  readonly group: Group;
  readonly topic: string;
  readonly partition: number;
}

/** A record with the partition that it was read from. */
export interface OwnedRecord {
  readonly owned: OwnedPartition;
  readonly record: ModelRecord;
}

/** The permanent name of a share, and the transactional id of its commits. */
export function shareName({ group, topic, partition }: Share): string {
  return `${group}/${topic}/${partition}`;
}

/** A partition in the dispatcher that owns it. */
export class OwnedPartition implements Share {
  readonly group: Group;
  readonly topic: string;
  readonly partition: number;
  readonly transactionalId: string;
  epoch = 0;
  /** Null until the partition has been taken over. */
  window: OffsetWindow | null = null;
  position = 0n;
  /** When it was taken over, ms since the epoch. */
  openedAt: number | null = null;
  isPolling = false;
  isFlushing = false;
  isLost = false;
  /** True while the partition is paused. */
  isResting = false;
  /** The new state of the share, if the same dispatcher took it over again. */
  renewed: OwnedPartition | null = null;
  outcomes: { readonly offset: bigint; readonly writes: readonly ModelWrite[] }[] = [];
  /** Attempts that have begun and whose end is not committed yet, by the offset of their records. */
  readonly begun = new Map<bigint, string>();

  constructor(share: Share) {
    this.group = share.group;
    this.topic = share.topic;
    this.partition = share.partition;
    this.transactionalId = shareName(share);
  }

  /** Takes the partition over: fences earlier owners, and continues from their commit. */
  open(kafka: ModelKafka, now: number): void {
    this.openedAt = now;
    this.epoch = kafka.open(this.transactionalId);
    const commit = kafka.committed(this.group, this.topic, this.partition);
    this.window = new OffsetWindow(commit);
    this.position = commit.offset;
  }
}
