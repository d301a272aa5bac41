import { randomUUID } from 'node:crypto';

import { topicDefinitions, Topics } from '@skillora/contracts';
import {
  createKafka,
  ensureTopics,
  type OutgoingRecord,
  readPartition,
  RecordProducer,
  TRANSACTION_RETRY,
} from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { dedupeEntry } from '../../fan-out/dedupe-window.js';
import { FanOutPartition } from '../../fan-out/fan-out-partition.js';
import {
  LEDGER_PARTITION_COUNT,
  LEDGER_PARTITIONS,
  makeLedgerPartitions,
  untilLeadersAreThere,
} from '../../testing/ledger-partitions.js';
import { UnitLedger, type UnitLedgerOptions } from '../unit-ledger.js';
import { markOf, type UnitRecord } from '../unit-record.js';

const RETRIES = 1;
const READ_MS = 120_000;

/** A ledger partition of a test's own, and a topic to which its owners write. */
export class UnitLedgerScene {
  readonly logger = createLogger('unit-ledger-test', 'silent');
  readonly kafka: Kafka;
  readonly transactionalKafka: Kafka;
  readonly admin: Admin;
  /** What owners write to beside the ledger. */
  readonly topic = `webhook.unit-ledger-test-${randomUUID()}`;
  private unit = LEDGER_PARTITIONS.firstOfUnits - 1;
  private readonly opened: { close(): Promise<void> }[] = [];

  constructor() {
    const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
    const client = { brokers, clientId: 'unit-ledger-test', logger: this.logger };
    this.kafka = createKafka(client);
    this.transactionalKafka = createKafka({ ...client, retry: TRANSACTION_RETRY });
    this.admin = this.kafka.admin();
  }

  /** The partition of the present test. */
  get partition(): number {
    return this.unit;
  }

  async prepare(): Promise<void> {
    await ensureTopics(this.kafka, topicDefinitions(RETRIES), { partitions: 4, replicationFactor: 1 });
    await this.admin.connect();
    await makeLedgerPartitions(this.admin);
    const own = { topic: this.topic, numPartitions: LEDGER_PARTITION_COUNT };
    await this.admin.createTopics({ topics: [own], waitForLeaders: false });
    await untilLeadersAreThere(this.admin, this.topic, LEDGER_PARTITION_COUNT);
  }

  /** Takes a partition that no test has used. */
  next(): void {
    this.unit += 1;
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }

  /** Closes what the test has opened. */
  async closeOpened(): Promise<void> {
    for (const each of this.opened.splice(0)) await each.close();
  }

  /** Takes the partition over as a unit. @param options other than the scene's. */
  async openUnit(options: Partial<UnitLedgerOptions> = {}): Promise<UnitLedger> {
    const { kafka, transactionalKafka, admin, logger, unit } = this;
    const own = { kafka, transactionalKafka, admin, unit, logger };
    const ledger = await UnitLedger.open({ ...own, ...options });
    this.opened.push(ledger);
    return ledger;
  }

  /** Takes the partition over as a fan-out does. */
  async openFanOut(): Promise<FanOutPartition> {
    const owned = await FanOutPartition.open(this, this.unit, this.logger);
    this.opened.push(owned);
    return owned;
  }

  /** Writes to the ledger without a transaction, as something foreign. */
  async writeToLedger(...records: readonly Pick<OutgoingRecord, 'value' | 'headers'>[]): Promise<void> {
    const producer = new RecordProducer(this.kafka, { logger: this.logger });
    await producer.connect();
    const place = { topic: Topics.fanOutLedger, partition: this.unit, key: null };
    await producer.send(records.map((record) => ({ ...place, ...record })));
    await producer.disconnect();
  }

  /** The texts that readers of committed records find in the partition of the test's topic, up to `last`. */
  async textsUpTo(last: string): Promise<string[]> {
    const read: string[] = [];
    await readPartition(
      this.kafka,
      { topic: this.topic, partition: this.unit, from: 0n },
      ({ value }) => (read.push(String(value)), String(value) === last ? 'enough' : 'go-on'),
      READ_MS,
    );
    return read;
  }

  /** A record for the test's topic that names no partition. */
  text(value: string): OutgoingRecord {
    return { topic: this.topic, key: 'an organisation', value: Buffer.from(value) };
  }

  /** The same as a fan-out writes it, for the partition of the test. */
  placedText(value: string): OutgoingRecord {
    return { ...this.text(value), partition: this.unit };
  }
}

export const anEntry = (): string => dedupeEntry({ organizationId: 'unit-ledger-test', id: randomUUID() });

/** A record of a unit that says where to read on in the events, and more. */
export function unitRecord(
  writer: string,
  sequence: number,
  watermark: bigint,
  more: Partial<UnitRecord> = {},
): UnitRecord {
  const positions = new Map([[Topics.events, { offset: watermark, metadata: '' }]]);
  return { ...markOf(writer), sequence, positions, ...more };
}
