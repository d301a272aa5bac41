import type { Socket } from 'node:net';

import type { RetryOptions } from 'kafkajs';

import type { Batch, Fetched, FetchRequest } from './kafkajs-fetch-types.js';

/** The key and type of a coordinator lookup. */
export interface CoordinatorQuery {
  readonly groupId: string;
  readonly coordinatorType: number;
}

/** Which offsets are asked for: the first, the next to be written, or the first at a time. */
export interface OffsetQuery {
  readonly topic: string;
  readonly partitions?: readonly { readonly partition: number }[];
  readonly fromBeginning?: boolean;
  readonly fromTimestamp?: number;
}

/** The part of kafkajs' `Cluster` that is used here; kafkajs does not export it. Each client has its own. */
export interface Cluster {
  readonly brokerPool: BrokerPool;
  /** The pause of a producer between two requests for its producer id; kafkajs reads it and never sets it. */
  retry?: RetryOptions;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findGroupCoordinator(query: {
    readonly groupId: string;
    readonly coordinatorType?: number;
  }): Promise<Broker>;
  findGroupCoordinatorMetadata(query: CoordinatorQuery): Promise<unknown>;
  fetchTopicsOffset(queries: readonly OffsetQuery[]): Promise<unknown>;
  findBroker(query: { readonly nodeId: string | number }): Promise<Broker>;
  /** The known brokers; a consumer has a fetch loop for each. */
  getNodeIds(): string[];
  findLeaderForPartitions(topic: string, partitions: readonly (string | number)[]): Record<string, number[]>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
}

/** The part of kafkajs' `BrokerPool` that is used here: a cluster's metadata of its brokers. */
export interface BrokerPool {
  readonly brokers: Readonly<Record<string, Broker>>;
  /** For how long the metadata is used, ms. */
  metadataMaxAge: number;
  /** When the metadata expires, ms since the epoch; null when it never does. */
  metadataExpireAt: number | null;
  findBroker(query: { readonly nodeId: string }): Promise<Broker>;
  withBroker(
    ask: (found: { readonly nodeId: string; readonly broker: Broker }) => Promise<unknown>,
  ): Promise<unknown>;
}

/** The part of kafkajs' `Connection` that is used here: one broker, with one socket at a time. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  /** The factory that a client was created with, so it is the same for all connections of one client. */
  readonly socketFactory: object;
  readonly socket?: Socket;
  readonly requestQueue: RequestQueue;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  isConnected(): boolean;
  connect(): Promise<unknown>;
  send(request: object): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** The part of kafkajs' `RequestQueue` that is used here: the unanswered requests of a connection. */
export interface RequestQueue {
  readonly inflight: ReadonlyMap<number, SocketRequest>;
  /** Requests that cannot be sent yet. */
  readonly pending: readonly unknown[];
  /** Whether requests fail that are not answered in time. */
  readonly enforceRequestTimeout: boolean;
  scheduleCheckPendingRequests(): void;
  /** Looks for requests that are not answered in time, from now on. */
  scheduleRequestTimeoutCheck(): void;
  sendSocketRequest(request: SocketRequest): void;
  /** An answer has come. */
  fulfillRequest(answer: {
    readonly correlationId: number;
    readonly size: number;
    readonly payload: unknown;
  }): void;
  /** Sets no timer any more. */
  destroy(): void;
  createSocketRequest(pushed: unknown): SocketRequest;
}

/** A request that was sent. */
export interface SocketRequest {
  readonly correlationId: number;
  readonly expectResponse: boolean;
  readonly entry: { readonly apiKey: number };
  /** When it was sent, ms since the epoch. */
  readonly sentAt: number | null;
  /** How long it may stay unanswered, ms. */
  requestTimeout: number;
  timeoutHandler: () => void;
  /** It was not answered in time. */
  timeoutRequest(): void;
}

/** Partitions of one topic. */
export interface AssignedPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** The part of kafkajs' `ConsumerGroup` that is used here: one membership. */
export interface ConsumerGroup {
  readonly cluster: Cluster;
  readonly groupId: string;
  coordinator: Broker;
  readonly offsetManager: {
    coordinator: Broker;
    nextOffset(topic: string, partition: number): { toString(): string };
  } | null;
  /** How long a broker may hold a fetch, ms, and for how many bytes. */
  maxWaitTime: number;
  minBytes: number;
  fetch(nodeId: string): Promise<readonly Batch[]>;
  paused(): readonly unknown[];
  isPaused(topic: string, partition: number): boolean;
  /** The part of these partitions that is fetched from a broker. */
  filterPartitionsByNode(
    nodeId: string,
    assigned: readonly AssignedPartitions[],
  ): readonly AssignedPartitions[];
  heartbeat(options: { readonly interval: number }): Promise<void>;
  commitOffsets(offsets: unknown): Promise<void>;
  recoverFromFetch(error: KafkaError): Promise<void>;
  recoverFromOffsetOutOfRange(error: { topic: string; partition: number }): Promise<void>;
}

/** The fields of kafkajs' errors. */
export interface KafkaError extends Error {
  /** Kafka's name for the error, if a broker answered it. */
  readonly type?: string;
}

/** What a request to write carries. */
export interface ProduceRequest {
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number }[];
  }[];
}

/** A broker's metadata of its cluster. */
export interface ClusterMetadata {
  readonly brokers: readonly { readonly host: string; readonly port: number }[];
}

/** A request, and how its answer is read. */
export interface ProtocolRequest {
  readonly request: { readonly apiVersion: number };
  readonly response: { decode(raw: Buffer): Promise<unknown> };
}

/** The part of kafkajs' `Broker` that is used here; kafkajs does not export it. */
export interface Broker {
  readonly nodeId: number;
  readonly connectionPool: { readonly pool: readonly Connection[] };
  connect(): Promise<void>;
  isConnected(): boolean;
  fetch(request: FetchRequest): Promise<Fetched>;
  /** Makes a request in the newest version that both sides know. */
  lookupRequest: (apiKey: number, requests: unknown) => (content: object) => ProtocolRequest;
  produce(request: ProduceRequest): Promise<unknown>;
  metadata(topics?: readonly string[]): Promise<ClusterMetadata>;
  addPartitionsToTxn(request: { readonly transactionalId: string }): Promise<unknown>;
  addOffsetsToTxn(request: { readonly transactionalId: string }): Promise<unknown>;
  endTxn(request: { readonly transactionalId: string }): Promise<unknown>;
  initProducerId(request: { readonly transactionalId?: string }): Promise<unknown>;
  txnOffsetCommit(request: { readonly groupId: string }): Promise<unknown>;
}

/** The part of kafkajs' `Decoder` that is used here; kafkajs does not export it. */
export interface Decoder {
  readonly buffer: Buffer;
  /** Where it reads on. */
  offset: number;
  readVarInt(): number;
  /** Null when the length is -1. */
  readVarIntBytes(): Buffer | null;
  /** kafkajs creates an object from this by `reduce`. */
  readVarIntArray(read: unknown): { reduce(): unknown };
}

/** The part of kafkajs' `Encoder` that is used here; kafkajs does not export it. */
export interface Encoder {
  /** What is written so far, and room for more. */
  buf: Buffer;
  /** How many bytes are written. */
  readonly offset: number;
  /** Makes room for so many bytes more. */
  ensureAvailable(length: number): void;
  writeVarIntBytes(value: Buffer | string | null): this;
  writeVarIntString(value: Buffer | string | null): this;
}

/** kafkajs' class of encoders. */
export interface EncoderClass {
  readonly prototype: Encoder;
  /** How many bytes a new encoder takes for an expected size. */
  nextPowerOfTwo(size: number): number;
}

/** The part of kafkajs' `Decoder` that is used here. */
export interface WireDecoder extends Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string | null;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
  readArray<T>(read: (decoder: WireDecoder) => T): T[];
}
