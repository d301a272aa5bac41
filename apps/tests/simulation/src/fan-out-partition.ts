import { type CanonicalEvent, type EventPlace, Topics } from '@skillora/contracts';
import type {
  FanOutMemory,
  FanOutProgress,
  FanOutTransaction,
  DedupeWindow,
} from '@skillora/dispatcher/simulation-exports';

import type { Life } from './life.js';
import type { ModelKafka, ModelRecord, ModelWrite } from './model-kafka.js';
import type { ModelTransport } from './model-transport.js';
import type { OwnedPartition } from './owned-partition.js';
import type { FanOutParts } from './parts.js';
import { type LedgerRecord, ledgerRecordOf, LOOK } from './records.js';
import type { Surroundings } from './surroundings.js';

/** Another dispatcher owns the partition now, or this one takes it over again. */
export class PartitionLost extends Error {}

/** The right to fan out one partition, with the content of its ledger. */
export class FanOutPartition implements FanOutMemory {
  readonly dedupeWindow: DedupeWindow;
  private progress: FanOutProgress | null = null;

  /** Reads the ledger, and goes on where it says. */
  constructor(
    private readonly owned: OwnedPartition,
    parts: FanOutParts,
    private readonly world: Surroundings,
    private readonly life: Life,
    private readonly transport: ModelTransport,
  ) {
    this.dedupeWindow = parts.newDedupeWindow();
    for (const { value } of world.kafka.log(Topics.fanOutLedger, owned.partition)) {
      const { entries, progress, next } = parts.readBack(ledgerRecordOf(value));
      for (const entry of entries) this.dedupeWindow.add(entry);
      if (next === null) continue;
      this.progress = progress;
      if (next > owned.position) owned.position = next;
    }
    world.fanOutGoesOn?.(owned.partition, owned.position, this.dedupeWindow);
  }

  progressAt(offset: bigint): FanOutProgress | null {
    return this.progress?.offset === offset ? this.progress : null;
  }

  /** @throws {PartitionLost} when the outcome of the transaction is unknown. */
  async write(
    { outcomes, entries, next }: FanOutTransaction<ModelRecord>,
    proceed: Promise<boolean>,
  ): Promise<boolean> {
    const { owned, world } = this;
    await this.life.pause(world.random.between(2, 20));
    await this.life.brokerThere();
    if (!(await proceed)) return false;
    if (owned.isLost) throw new PartitionLost();
    const progress = typeof next === 'bigint' ? null : next;
    const offset = typeof next === 'bigint' ? next : next.offset;
    const deliveries = outcomes.flatMap((outcome) =>
      outcome.kind === 'fanned-out' ? outcome.deliveries : [],
    );
    const writes: ModelWrite[] = deliveries.map((delivery) => ({
      topic: Topics.deliveries,
      partition: world.shareOf(delivery.endpointId),
      value: delivery,
    }));
    const ledgerRecord: LedgerRecord = { entries: [...entries.keys()], progress, next: offset };
    writes.push({ topic: Topics.fanOutLedger, partition: owned.partition, value: ledgerRecord });
    if (!(await this.transport.transact(owned, writes, { offset, metadata: '' }))) throw new PartitionLost();
    for (const [entry, digest] of entries) this.dedupeWindow.add(entry, digest);
    this.progress = progress;
    owned.position = offset;
    return true;
  }
}

/** The event of a record. */
/** The body of the event at a place; null when it is gone. */
export function eventAt(kafka: ModelKafka, { partition, offset }: EventPlace): string | null {
  const [record] = kafka.read(Topics.events, partition, BigInt(offset), 1);
  return record ? eventOf(record).body : null;
}

export function eventOf({ value }: ModelRecord): CanonicalEvent {
  return value as CanonicalEvent;
}

/** The event of a record of the events, or the look that it is. */
export function eventOrLook(record: ModelRecord): CanonicalEvent | typeof LOOK {
  return record.value === LOOK ? LOOK : eventOf(record);
}
