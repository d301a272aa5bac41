import { randomUUID } from 'node:crypto';

import { recordHeaders, Topics } from '@skillora/contracts';
import {
  type ConsumedOffset,
  type OutgoingRecord,
  readPartition,
  TransactionalProducer,
} from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { decodeEntries, encodeEntries, Ledger } from './ledger.js';

const LEDGER_SCHEMA = { name: 'webhook.fan-out-ledger', version: 1 };
/** The same CloudEvent is recognised for so long; the ledger topic keeps twice that. */
const LEDGER_MEMORY_MS = 24 * 3_600_000;
const LOAD_TIMEOUT_MS = 120_000;
/** Header of the record a new owner writes to know where the ledger of its predecessors ends. */
const TAKEOVER = 'takeover';

/** The Kafka clients a lane needs. */
export interface FanOutClients {
  readonly kafka: Kafka;
  /** With the retries of transactions. */
  readonly transactionalKafka: Kafka;
  readonly admin: Admin;
}

/**
 * The exclusive right to fan out one partition of events, with the memory of what was fanned out before. Opening it
 * fences every earlier owner, so what the ledger holds then is complete.
 */
export class FanOutLane {
  private constructor(
    private readonly producer: TransactionalProducer,
    private readonly partition: number,
    readonly ledger: Ledger,
  ) {}

  /** Takes the partition over and reads back the ledger. */
  static async open(
    { kafka, transactionalKafka, admin }: FanOutClients,
    partition: number,
    logger: Logger,
  ): Promise<FanOutLane> {
    const producer = new TransactionalProducer(transactionalKafka, `fan-out-${partition}`, logger);
    await producer.connect();
    try {
      const takeover = randomUUID();
      await producer.write([
        {
          topic: Topics.fanOutLedger,
          partition,
          key: null,
          value: Buffer.alloc(0),
          headers: { ...recordHeaders(LEDGER_SCHEMA), [TAKEOVER]: takeover },
        },
      ]);
      const ledger = new Ledger();
      const from = await firstOffsetSince(admin, partition, Date.now() - LEDGER_MEMORY_MS);
      await readPartition(
        kafka,
        { topic: Topics.fanOutLedger, partition, from },
        ({ headers, value }) => {
          if (value) for (const entry of decodeEntries(value)) ledger.add(entry);
          return headers[TAKEOVER] === takeover ? 'enough' : 'go-on';
        },
        LOAD_TIMEOUT_MS,
      );
      return new FanOutLane(producer, partition, ledger);
    } catch (error) {
      await producer.disconnect();
      throw error;
    }
  }

  /**
   * Writes records, the ledger entries of their events and the consumed offset: all or nothing. After a failure the
   * outcome is unknown and the lane must be opened anew, whose ledger then tells.
   * @param proceed says, while they are on their way, whether they are to count.
   * @returns false when `proceed` said no: nothing is written then.
   */
  async write(
    outgoing: readonly OutgoingRecord[],
    entries: readonly string[],
    consumed: ConsumedOffset,
    proceed?: Promise<boolean>,
  ): Promise<boolean> {
    const ledgerRecord: OutgoingRecord = {
      topic: Topics.fanOutLedger,
      partition: this.partition,
      key: null,
      value: encodeEntries(entries),
      headers: recordHeaders(LEDGER_SCHEMA),
    };
    const records = entries.length === 0 ? outgoing : [...outgoing, ledgerRecord];
    if (!(await this.producer.write(records, consumed, proceed))) return false;
    for (const entry of entries) this.ledger.add(entry);
    return true;
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }
}

async function firstOffsetSince(admin: Admin, partition: number, since: number): Promise<bigint> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(Topics.fanOutLedger, since);
  return BigInt(offsets.find((each) => each.partition === partition)?.offset ?? 0);
}
