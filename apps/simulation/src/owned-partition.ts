import { OffsetWindow } from '@skillora/kafka';

import type { ModelKafka, ModelRecord, ModelWrite } from './model-kafka.js';

export type Group = 'fan-out' | 'deliver' | 'retry';

/** A partition of a group's topic. */
export interface Share {
  readonly group: Group;
  readonly topic: string;
  readonly partition: number;
}

/** A record that was read from a partition. */
export interface OwnedRecord {
  readonly owned: OwnedPartition;
  readonly record: ModelRecord;
}

/** The name of a share for ever, and of the transactions that commit it. */
export function shareName({ group, topic, partition }: Share): string {
  return `${group}/${topic}/${partition}`;
}

/** A partition as the dispatcher holds it to which the group has given it. */
export class OwnedPartition implements Share {
  readonly group: Group;
  readonly topic: string;
  readonly partition: number;
  readonly transactionalId: string;
  epoch = 0;
  /** Null until it has been taken over. */
  window: OffsetWindow | null = null;
  position = 0n;
  isPolling = false;
  isFlushing = false;
  isLost = false;
  /** Reads nothing for a while. */
  isResting = false;
  /** What it became when the same dispatcher took the share over once more. */
  renewed: OwnedPartition | null = null;
  outcomes: { readonly offset: bigint; readonly writes: readonly ModelWrite[] }[] = [];
  /** Attempts begun of records whose end is not committed yet. */
  readonly begun = new Map<bigint, string>();

  constructor(share: Share) {
    this.group = share.group;
    this.topic = share.topic;
    this.partition = share.partition;
    this.transactionalId = shareName(share);
  }

  /** Takes the partition over: fences earlier owners, and reads on from their commit. */
  open(kafka: ModelKafka): void {
    this.epoch = kafka.open(this.transactionalId);
    const commit = kafka.committed(this.group, this.topic, this.partition);
    this.window = new OffsetWindow(commit);
    this.position = commit.offset;
  }
}
