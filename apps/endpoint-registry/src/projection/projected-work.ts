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
/** Each event of a report has it once. */
const EVENT = '"acceptedAt"';
/** The least that these take in a report, bytes: an id with its quotes and a comma, and the rest of the report and of each event. */
const ID_BYTES = 39;
const REPORT_BYTES = 90;
const EVENT_BYTES = 125;

/**
 * How many rows a record adds or changes, at most. It is one, except for reports of the fan-out: each event has a row, and so
 * has each endpoint that was filtered and each delivery in place.
 */
function rowsOf(topic: string, value: Buffer | null): number {
  if (topic !== Topics.fanOuts || value === null) return 1;
  const events = countOf(EVENT, value);
  const ids = Math.max(0, Math.floor((value.length - REPORT_BYTES - events * EVENT_BYTES) / ID_BYTES));
  if (value.includes(FILTERED)) return Math.max(1, events + ids);
  // A delivery has two ids.
  return Math.max(1, value.includes(IN_PLACE) ? events + Math.floor(ids / 2) : events);
}

function countOf(text: string, value: Buffer): number {
  let count = 0;
  for (let at = value.indexOf(text); at >= 0; at = value.indexOf(text, at + text.length)) count += 1;
  return count;
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
