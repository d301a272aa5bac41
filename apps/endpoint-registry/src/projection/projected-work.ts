import { isUuid, RecordSchemaError, Topics } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';
import type { DataSource } from 'typeorm';

import type { LoggedEvent } from './apply-events.js';
import { closeDeliveriesOfDeleted } from './close-deliveries.js';
import {
  type AcceptedEvent,
  type DeliveryNews,
  type FanOutMade,
  readDelivery,
  readDeliveryResult,
  readEvent,
  readFanOutReport,
} from './facts.js';
import type { TopicPartition } from './offsets.js';

/** The parts of a batch that the projector needs. */
export interface ProjectedBatch extends TopicPartition {
  readonly records: readonly Pick<ReceivedRecord, 'key' | 'value' | 'offset' | 'timestamp'>[];
}

/** The work of one part of a batch. */
export interface Work {
  /** Records that do not match the schema. */
  readonly foreign: readonly { offset: bigint; problem: string }[];
  /** Work to do before the transaction; it may be done twice. */
  readonly before?: () => Promise<void>;
  /** The times that decide into which partitions the rows go. */
  readonly times: readonly number[];
  /** The facts in the records from an offset on; only the transaction knows that offset. */
  readonly events: (from: bigint) => LoggedEvent[];
  readonly fanOuts: (from: bigint) => FanOutMade[];
  readonly news: (from: bigint) => DeliveryNews[];
}

/**
 * Decodes the records of a batch into the work that they are.
 * @throws {Error} for a topic that the projection does not read.
 */
export function workOf(part: ProjectedBatch, dataSource: DataSource): Work {
  switch (part.topic) {
    case Topics.events:
      return eventsOf(part.partition, decoded(part, readEvent));
    case Topics.fanOuts:
      return fanOutsOf(decoded(part, readFanOutReport));
    case Topics.deliveries:
      return newsOf(decoded(part, readDelivery));
    case Topics.deliveryResults:
      return newsOf(decoded(part, readDeliveryResult));
    case Topics.endpoints: {
      const deleted = part.records.flatMap(({ key, value }) =>
        value === null && isUuid(key) ? [key.toLowerCase()] : [],
      );
      return {
        ...NOTHING,
        // The number of open deliveries is not limited, so they are ended in their own transactions, which
        // may run twice.
        before: async () => {
          if (deleted.length > 0) await closeDeliveriesOfDeleted(dataSource, deleted);
        },
      };
    }
    default:
      throw new Error(`the projection does not read ${part.topic}`);
  }
}

const NOTHING: Work = { foreign: [], times: [], events: () => [], fanOuts: () => [], news: () => [] };

interface Decoded<T> {
  readonly foreign: Work['foreign'];
  readonly ours: readonly { readonly offset: bigint; readonly told: T }[];
}

function eventsOf(logPartition: number, { foreign, ours }: Decoded<AcceptedEvent>): Work {
  return {
    ...NOTHING,
    foreign,
    times: ours.map(({ told }) => told.acceptedAt),
    events: (from) =>
      ours
        .filter(({ offset }) => offset >= from)
        .map(({ offset, told }) => ({ ...told, logPartition, logOffset: offset })),
  };
}

function fanOutsOf({ foreign, ours }: Decoded<readonly FanOutMade[]>): Work {
  return {
    ...NOTHING,
    foreign,
    times: ours.flatMap(({ told }) => told.map(({ acceptedAt }) => acceptedAt)),
    fanOuts: (from) => ours.filter(({ offset }) => offset >= from).flatMap(({ told }) => told),
  };
}

function newsOf({ foreign, ours }: Decoded<DeliveryNews>): Work {
  return {
    ...NOTHING,
    foreign,
    times: ours.map(({ told }) => told.identity.createdAt),
    news: (from) => ours.filter(({ offset }) => offset >= from).map(({ told }) => told),
  };
}

function decoded<T>({ records }: ProjectedBatch, read: (value: Buffer) => T): Decoded<T> {
  const foreign: { offset: bigint; problem: string }[] = [];
  const ours: { offset: bigint; told: T }[] = [];
  for (const { value, offset } of records) {
    try {
      if (value === null) throw new RecordSchemaError('the record has no value');
      ours.push({ offset, told: read(value) });
    } catch (error) {
      if (!(error instanceof RecordSchemaError)) throw error;
      foreign.push({ offset, problem: error.message });
    }
  }
  return { foreign, ours };
}
