import type { OffsetWindow } from '@skillora/kafka';

import type { Life } from './life.js';
import { Fenced, type ModelRecord, type ModelWrite } from './model-kafka.js';
import { type Group, OwnedPartition, type Share, shareName } from './owned-partition.js';
import type { TransportParts } from './parts.js';
import { RECORD_BYTES } from './records.js';
import type { Surroundings } from './surroundings.js';

/** How many records a fetch brings. */
const FETCH = 20;
/** Kafka's own limit on the metadata of a commit. */
const MAX_METADATA = 4_096;
const LINGER_MS: Readonly<Record<Group, number>> = { 'fan-out': 0, deliver: 100, retry: 25 };

/** The outcome of a transaction is unknown: it may be committed or not. */
class OutcomeUnknown extends Error {}

/** The handlers of the records that the transport reads. */
export interface Handlers {
  /** A partition has been taken over. */
  opened(owned: OwnedPartition): void;
  /** Processes events, and sets `position` to the offset to continue from. */
  fanOut(owned: OwnedPartition, records: readonly ModelRecord[]): Promise<void>;
  /** @returns how long the partition pauses at this record, ms; 0 when the record was taken. */
  take(owned: OwnedPartition, record: ModelRecord): number;
  /** Another dispatcher owns the partition now, or this one takes it over again. */
  lost(owned: OwnedPartition): void;
}

/** The part of the batch transport that the guarantees rely on, for all groups of one dispatcher. */
export class ModelTransport {
  private readonly shares = new Map<string, OwnedPartition>();

  constructor(
    private readonly world: Surroundings,
    private readonly life: Life,
    private readonly parts: TransportParts,
    private readonly handlers: Handlers,
  ) {}

  /** True while outcomes wait to be written. */
  get isBusy(): boolean {
    return [...this.shares.values()].some(({ outcomes, isFlushing }) => isFlushing || outcomes.length > 0);
  }

  /** The share, if it has been taken over. */
  opened(share: Share): OwnedPartition | undefined {
    const owned = this.shares.get(shareName(share));
    return owned?.window ? owned : undefined;
  }

  /** The group assigns this share to the dispatcher. */
  async gain(share: Share): Promise<void> {
    const owned = new OwnedPartition(share);
    const former = this.shares.get(owned.transactionalId);
    if (former) this.giveUp(former);
    this.shares.set(owned.transactionalId, owned);
    await this.life.pause(this.world.random.between(1, 50));
    await this.life.brokerThere();
    if (owned.isLost) return;
    owned.open(this.world.kafka, this.world.clock.now);
    this.handlers.opened(owned);
    this.wake(owned);
  }

  /**
   * The group assigns these shares to others. The dispatcher learns of it after 60 ms at most, or when it is
   * no longer frozen.
   */
  async hearLost(shares: readonly Share[]): Promise<void> {
    const known = shares.map((share) => this.shares.get(shareName(share)) ?? null);
    await this.life.pause(this.world.random.between(0, 60));
    // Even if the dispatcher has taken the share over again meanwhile, another one owns it now; shares that
    // came back by assignment are not among these.
    for (let owned of known) for (; owned; owned = owned.renewed) this.lose(owned);
  }

  loseAll(): void {
    for (const owned of [...this.shares.values()]) this.lose(owned);
  }

  /** Something was written to a topic. */
  written(topic: string, partition: number): void {
    for (const owned of this.shares.values()) {
      if (owned.topic === topic && owned.partition === partition) this.wake(owned);
    }
  }

  /** A record is processed once its outcome is written, in the transaction that commits it. */
  done(owned: OwnedPartition, offset: bigint, writes: readonly ModelWrite[]): void {
    if (owned.isLost) return;
    owned.outcomes.push({ offset, writes });
    if (owned.isFlushing) return;
    owned.isFlushing = true;
    void this.flush(owned);
  }

  /** @returns false when the share must be taken over again, or belongs to another dispatcher. */
  async transact(
    owned: OwnedPartition,
    writes: readonly ModelWrite[],
    commit: { readonly offset: bigint; readonly metadata: string },
  ): Promise<boolean> {
    const { random, unknownOutcomes } = this.world;
    const { group, topic, partition, transactionalId } = owned;
    try {
      await this.parts.transact(owned, writes, { group, topic, partition, commit });
      if (random.chance(unknownOutcomes)) throw new OutcomeUnknown();
      await this.life.pause(random.between(1, 5));
      return true;
    } catch (error) {
      if (!(error instanceof Fenced) && !(error instanceof OutcomeUnknown)) throw error;
      if (owned.isLost) return false;
      // As far as this dispatcher knows, the share is still its own. An instance that has lost it without
      // learning of it may have opened it last.
      this.lose(owned);
      void this.gain({ group, topic, partition });
      owned.renewed = this.shares.get(transactionalId) ?? null;
      return false;
    }
  }

  private lose(owned: OwnedPartition): void {
    this.giveUp(owned);
    if (this.shares.get(owned.transactionalId) === owned) this.shares.delete(owned.transactionalId);
  }

  private giveUp(owned: OwnedPartition): void {
    if (owned.isLost) return;
    owned.isLost = true;
    this.handlers.lost(owned);
    for (const attempt of owned.begun.values()) this.world.atRisk(attempt);
    owned.begun.clear();
  }

  private wake(owned: OwnedPartition): void {
    if (owned.isPolling || owned.isLost || owned.isResting || !owned.window || this.life.isLeaving) return;
    owned.isPolling = true;
    void this.poll(owned);
  }

  private async poll(owned: OwnedPartition): Promise<void> {
    const { kafka, random } = this.world;
    for (;;) {
      await this.life.pause(random.between(1, 5));
      await this.life.brokerThere();
      const { window } = owned;
      if (owned.isLost || !window || this.life.isLeaving) break;
      if (owned.group !== 'fan-out' && this.parts.isFull(window, owned.group)) break;
      const records = kafka.read(owned.topic, owned.partition, owned.position, FETCH);
      if (records.length === 0) break;
      if (owned.group === 'fan-out') {
        await this.handlers.fanOut(owned, records.slice(0, random.between(1, 5)));
      } else {
        this.take(owned, window, records);
        if (owned.isResting) break;
      }
    }
    owned.isPolling = false;
  }

  private take(owned: OwnedPartition, window: OffsetWindow, records: readonly ModelRecord[]): void {
    const open = this.parts.inOrder(records.filter(({ offset }) => window.take(offset, RECORD_BYTES)));
    owned.position = (records.at(-1)?.offset ?? owned.position) + 1n;
    for (const record of open) {
      const restMs = this.handlers.take(owned, record);
      if (restMs === 0) continue;
      window.giveBack(open.map(({ offset }) => offset).filter((offset) => offset >= record.offset));
      owned.position = record.offset;
      this.rest(owned, restMs);
      return;
    }
    const most = owned.group === 'retry' ? this.world.retryWindow : this.world.maxInFlight;
    if (window.inFlight > most + FETCH)
      this.world.broken(`${window.inFlight} deliveries of one partition in memory`);
  }

  private rest(owned: OwnedPartition, ms: number): void {
    owned.isResting = true;
    void this.life.pause(ms).then(() => {
      owned.isResting = false;
      this.wake(owned);
    });
  }

  private async flush(owned: OwnedPartition): Promise<void> {
    const { random } = this.world;
    while (owned.outcomes.length > 0) {
      await this.life.pause(random.between(1, LINGER_MS[owned.group] + 10));
      await this.life.brokerThere();
      const { window } = owned;
      if (owned.isLost || !window) return;
      const taken = owned.outcomes.splice(0);
      for (const { offset } of taken) window.done(offset);
      const commit = window.commit();
      const { length } = commit.metadata;
      if (length > MAX_METADATA) this.world.broken(`${length} bytes of commit metadata`);
      const writes = taken.flatMap((outcome) => outcome.writes);
      if (!(await this.transact(owned, writes, commit))) return;
      for (const each of taken) owned.begun.delete(each.offset);
      this.wake(owned);
    }
    owned.isFlushing = false;
  }
}
