import { createRequire } from 'node:module';

import type { IHeaders } from 'kafkajs';

import type { AbortedTransaction, FetchedRecord } from './aborted-records.js';

/** What of a coordinator's place is asked. */
export interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType: number;
}

/** Whose offsets are asked for: the first there are, the next to be written, or the first of a time. */
export interface OffsetQuery {
  readonly topic: string;
  readonly fromBeginning?: boolean;
  readonly fromTimestamp?: number;
}

/** The part of kafkajs' `Cluster` that is used here; kafkajs does not export it. Each client has one of its own. */
export interface Cluster {
  /** What it knows of the brokers, and for how long it takes that for true, ms. */
  readonly brokerPool: { metadataMaxAge: number };
  findGroupCoordinatorMetadata(query: CoordinatorQuery): Promise<unknown>;
  fetchTopicsOffset(queries: readonly OffsetQuery[]): Promise<unknown>;
}

/** A message as kafkajs fetched it. */
export interface FetchedMessage extends FetchedRecord {
  readonly timestamp: string;
  readonly attributes: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  /** Why nobody can read a batch, whose bytes are the value then. */
  readonly unreadable?: string;
}

/** What kafkajs fetched of one partition. */
export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  /** Where the log begins; what was before is deleted. */
  readonly lastStartOffset: string;
  readonly preferredReadReplica: number;
  readonly messages: readonly FetchedMessage[];
  /** Of aborted transactions, those with records here; null or none for who reads uncommitted ones too. */
  abortedTransactions?: readonly AbortedTransaction[] | null;
}

/** The part of kafkajs' `Broker` that is used here; kafkajs does not export it. */
export interface Broker {
  fetch(request: unknown): Promise<{ responses: readonly { partitions: readonly FetchedPartition[] }[] }>;
}

/** The part of kafkajs' `Decoder` that is used here; kafkajs does not export it. */
export interface Decoder {
  readVarInt(): number;
  /** Null when the length is -1. */
  readVarIntBytes(): Buffer | null;
  /** What kafkajs makes an object of by `reduce`. */
  readVarIntArray(read: unknown): { reduce(): unknown };
}

/** The part of kafkajs' `Encoder` that is used here; kafkajs does not export it. */
export interface Encoder {
  writeVarIntBytes(value: Buffer | string | null): this;
  writeVarIntString(value: Buffer | string | null): this;
}

/** The part of kafkajs' `Decoder` that is used here. */
export interface WireDecoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string | null;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
  readArray<T>(read: (decoder: WireDecoder) => T): T[];
  readArrayAsync<T>(read: (decoder: WireDecoder) => Promise<T>): Promise<T[]>;
}

/** What reads the answers to Fetch of the version that Kafka 2.3 and later speaks. */
export function fetchResponse(): { decode: (raw: Buffer) => Promise<unknown> } {
  return internal('kafkajs/src/protocol/requests/fetch/v11/response.js') as ReturnType<typeof fetchResponse>;
}

export function newDecoder(bytes: Buffer): WireDecoder {
  const Decoder = internal('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => WireDecoder;
  return new Decoder(bytes);
}

/** The records of a batch that is not compressed, its header included. */
export async function decodeRecordBatch(bytes: Buffer): Promise<readonly FetchedMessage[]> {
  const decode = internal('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (
    decoder: WireDecoder,
  ) => Promise<{ records: FetchedMessage[] }>;
  return (await decode(newDecoder(bytes))).records;
}

/** What was written in the form before Kafka 0.11. */
export async function decodeLegacyMessages(bytes: Buffer): Promise<readonly FetchedMessage[]> {
  const decode = internal('kafkajs/src/protocol/messageSet/decoder.js') as (
    decoder: WireDecoder,
    size: number,
  ) => Promise<FetchedMessage[]>;
  return decode(newDecoder(bytes), bytes.length);
}

/** The part of kafkajs' `ConsumerGroup` that is used here; kafkajs does not export it. */
export interface ConsumerGroup {
  readonly groupId: string;
  readonly offsetManager: { nextOffset(topic: string, partition: number): { toString(): string } };
  recoverFromOffsetOutOfRange(error: { topic: string; partition: number }): Promise<void>;
}

/** The prototype of all members of groups, to hear when an offset is out of range. */
export function consumerGroupPrototype(): ConsumerGroup {
  return prototypeIn('kafkajs/src/consumer/consumerGroup.js') as ConsumerGroup;
}

/** The prototype of all clusters, to lay a memory over what it asks again and again. */
export function clusterPrototype(): Cluster {
  return prototypeIn('kafkajs/src/cluster/index.js') as Cluster;
}

/** The prototype of all brokers, to mend what is made of their answers. */
export function brokerPrototype(): Broker {
  return prototypeIn('kafkajs/src/broker/index.js') as Broker;
}

/** The prototype of all decoders, to mend what is read. */
export function decoderPrototype(): Decoder {
  return prototypeIn('kafkajs/src/protocol/decoder.js') as Decoder;
}

/** The prototype of all encoders, to mend what is written. */
export function encoderPrototype(): Encoder {
  return prototypeIn('kafkajs/src/protocol/encoder.js') as Encoder;
}

function prototypeIn(file: string): unknown {
  return (internal(file) as { prototype: unknown }).prototype;
}

const require = createRequire(import.meta.url);

function internal(file: string): unknown {
  return require(file);
}

const amended = new WeakSet<object>();

/**
 * Replaces a method of all objects of a prototype, once however often it is asked.
 * @param amend is given the method that was there, to be called with its object.
 */
export function amendOnce<T, M extends keyof T>(
  prototype: T,
  method: M,
  amend: (former: T[M] & object) => T[M] & object,
): void {
  const former = prototype[method] as T[M] & object;
  if (amended.has(former)) return;
  const replacement = amend(former);
  amended.add(replacement);
  prototype[method] = replacement;
}
