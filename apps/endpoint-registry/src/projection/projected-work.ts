import { isEndpointsLook, isUuid, RecordSchemaError, Topics } from '@skillora/contracts';
import type { ReceivedRecord } from '@skillora/kafka';
import type { DataSource } from 'typeorm';

import type { LoggedEvent } from './apply-events.js';
import { closeDeliveriesOfDeleted } from './close-deliveries.js';
import {
  type AcceptedEvent,
  type DeliveryUpdate,
  type FanOutMade,
  madeInPlace,
  readDelivery,
  readDeliveryResult,
  readEvent,
  readFanOutReport,
} from './facts.js';
import type { TopicPartition } from './offsets.js';

/** The parts of a batch that the projector needs. */
export interface ProjectedBatch extends TopicPartition {
  readonly records: readonly Pick<ReceivedRecord, 'key' | 'value' | 'headers' | 'offset' | 'timestamp'>[];
}

/** What a report names if a filter left an event out. */
const FILTERED = '"filteredEndpointIds"';
/** What a report says if `webhook.deliveries` has no records of its deliveries. */
const IN_PLACE = '"inPlace"';
/** The least that an id takes in a report, with its quotes and a comma, bytes. A delivery has two ids. */
const ID_BYTES = 39;

/**
 * How many rows a record adds or changes, at most. It is one, except for reports of the fan-out: each endpoint that was
 * filtered gets a row, and each delivery in place.
 */
function rowsOf(topic: string, value: Buffer | null): number {
  if (topic !== Topics.fanOuts || value === null) return 1;
  if (value.includes(FILTERED)) return 1 + Math.floor(value.length / ID_BYTES);
  return value.includes(IN_PLACE) ? 1 + Math.floor(value.length / (2 * ID_BYTES)) : 1;
}

/** A part of a batch that one transaction applies, with the number of its rows at most. */
export interface BatchPart {
  readonly part: ProjectedBatch;
  readonly rows: number;
}

/** Divides a batch into parts of at most this many rows; a record with more is a part of its own. */
export function* partsOf(
  { topic, partition, records }: ProjectedBatch,
  mostRows: number,
): Generator<BatchPart, void, void> {
  let [from, rows] = [0, 0];
  for (const [at, { value }] of records.entries()) {
    const more = rowsOf(topic, value);
    if (at > from && rows + more > mostRows) {
      yield { part: { topic, partition, records: records.slice(from, at) }, rows };
      [from, rows] = [at, 0];
    }
    rows += more;
  }
  if (rows > 0) yield { part: { topic, partition, records: records.slice(from) }, rows };
}

/** The work of one part of a batch. */
export interface Work {
  /** Records that do not match the schema. */
  readonly unreadable: readonly { offset: bigint; problem: string }[];
  /** Work to do before the transaction; it may be done twice. */
  readonly before?: () => Promise<void>;
  /** The times that decide into which partitions the rows go. */
  readonly times: readonly number[];
  /** The facts in the records from an offset on; only the transaction knows that offset. */
  readonly events: (from: bigint) => LoggedEvent[];
  readonly fanOuts: (from: bigint) => FanOutMade[];
  readonly deliveryUpdates: (from: bigint) => DeliveryUpdate[];
}

/**
 * Decodes the records of a batch into the work that they are.
 * @throws {Error} for a topic that the projection does not read.
 */
export function workOf(part: ProjectedBatch, dataSource: DataSource): Work {
  switch (part.topic) {
    case Topics.events:
      return eventsOf(part.partition, decoded(withoutLooks(part), readEvent));
    case Topics.fanOuts:
      return fanOutsOf(decoded(part, readFanOutReport));
    case Topics.deliveries:
      return deliveryUpdatesOf(decoded(part, readDelivery));
    case Topics.deliveryResults:
      return deliveryUpdatesOf(decoded(part, readDeliveryResult));
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

const NOTHING: Work = {
  unreadable: [],
  times: [],
  events: () => [],
  fanOuts: () => [],
  deliveryUpdates: () => [],
};

interface Decoded<T> {
  readonly unreadable: Work['unreadable'];
  readonly readable: readonly { readonly offset: bigint; readonly content: T }[];
}

function eventsOf(logPartition: number, { unreadable, readable }: Decoded<AcceptedEvent>): Work {
  return {
    ...NOTHING,
    unreadable,
    times: readable.map(({ content }) => content.acceptedAt),
    events: (from) =>
      readable
        .filter(({ offset }) => offset >= from)
        .map(({ offset, content }) => ({ ...content, logPartition, logOffset: offset })),
  };
}

function fanOutsOf({ unreadable, readable }: Decoded<readonly FanOutMade[]>): Work {
  const fanOuts = (from: bigint): FanOutMade[] =>
    readable.filter(({ offset }) => offset >= from).flatMap(({ content }) => content);
  return {
    ...NOTHING,
    unreadable,
    times: readable.flatMap(({ content }) =>
      content.flatMap(({ acceptedAt, madeAt, inPlace, filteredDeliveryIds }) =>
        filteredDeliveryIds.length > 0 || inPlace ? [acceptedAt, madeAt] : [acceptedAt],
      ),
    ),
    fanOuts,
    deliveryUpdates: (from) => fanOuts(from).flatMap(madeInPlace),
  };
}

function deliveryUpdatesOf({ unreadable, readable }: Decoded<DeliveryUpdate>): Work {
  return {
    ...NOTHING,
    unreadable,
    times: readable.map(({ content }) => content.identity.createdAt),
    deliveryUpdates: (from) => readable.filter(({ offset }) => offset >= from).map(({ content }) => content),
  };
}

/** Looks are for those who match events with endpoints. */
function withoutLooks(part: ProjectedBatch): ProjectedBatch {
  return { ...part, records: part.records.filter(({ headers }) => !isEndpointsLook(headers)) };
}

function decoded<T>({ records }: ProjectedBatch, read: (value: Buffer) => T): Decoded<T> {
  const unreadable: { offset: bigint; problem: string }[] = [];
  const readable: { offset: bigint; content: T }[] = [];
  for (const { value, offset } of records) {
    try {
      if (value === null) throw new RecordSchemaError('the record has no value');
      readable.push({ offset, content: read(value) });
    } catch (error) {
      if (!(error instanceof RecordSchemaError)) throw error;
      unreadable.push({ offset, problem: error.message });
    }
  }
  return { unreadable, readable };
}
