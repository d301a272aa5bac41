import { createRequire } from 'node:module';

import type { Kafka } from 'kafkajs';

import type { Batch, FetchedMessage, Runner } from './kafkajs-fetch-types.js';
import type {
  Broker,
  BrokerPool,
  Cluster,
  Connection,
  ConsumerGroup,
  Decoder,
  Encoder,
  EncoderClass,
  ProtocolRequest,
  RequestQueue,
  WireDecoder,
} from './kafkajs-types.js';

export { amendOnce } from './amend-once.js';
export type * from './kafkajs-fetch-types.js';
export type * from './kafkajs-types.js';

/** For how long kafkajs uses its metadata of the brokers, unless a request fails. */
const METADATA_MAX_AGE_MS = 300_000;

/**
 * Creates a cluster as the client creates it for its consumers and producers. Connect and disconnect it
 * yourself.
 */
export function createCluster(kafka: Kafka, options: { readonly isolationLevel: number }): Cluster {
  const create = privateMethod(kafka, 'private:Kafka:createCluster');
  return create.call(kafka, {
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    ...options,
  }) as Cluster;
}

/**
 * The decoder of Fetch responses in the version that Kafka 2.3 and later uses.
 *
 * kafkajs asks `require` for it with each fetch. Node remembers where a module lies for the folder and the name by which
 * it was loaded first, and looks for its file each time that another asks. So it is loaded here as kafkajs does it.
 */
export function fetchResponse(): { decode: (raw: Buffer) => Promise<unknown> } {
  const requireThere = createRequire(require.resolve('kafkajs/src/protocol/requests/fetch/index.js'));
  return requireThere('./v11/response') as ReturnType<typeof fetchResponse>;
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

/** Records in the format before Kafka 0.11. */
export async function decodeLegacyMessages(bytes: Buffer): Promise<readonly FetchedMessage[]> {
  const decode = internal('kafkajs/src/protocol/messageSet/decoder.js') as (
    decoder: WireDecoder,
    size: number,
  ) => Promise<FetchedMessage[]>;
  return decode(newDecoder(bytes), bytes.length);
}

/** The error by which kafkajs says that a broker cannot be reached, so that another broker is asked. */
export function unreachable(reason: string, broker: string): Error {
  const errors = internal('kafkajs/src/errors.js') as {
    KafkaJSConnectionError: new (message: string, more: { broker: string; code: string }) => Error;
  };
  return new errors.KafkaJSConnectionError(reason, { broker, code: UNREACHABLE });
}

/** The error code after which kafkajs retries when it looks for a coordinator. */
export const UNREACHABLE = 'ECONNREFUSED';

/** The prototype of all clusters, to add a memory of repeated answers. */
export function clusterPrototype(): Cluster {
  return prototypeIn('kafkajs/src/cluster/index.js') as Cluster;
}

/** The prototype of all brokers, to amend how their answers are read. */
export function brokerPrototype(): Broker {
  return prototypeIn('kafkajs/src/broker/index.js') as Broker;
}

/** The prototype of all decoders, to amend reading. */
export function decoderPrototype(): Decoder {
  return prototypeIn('kafkajs/src/protocol/decoder.js') as Decoder;
}

/** The class of all encoders, to amend how they take memory. */
export function encoderClass(): EncoderClass {
  return internal('kafkajs/src/protocol/encoder.js') as EncoderClass;
}

/** The prototype of all encoders, to amend writing. */
export function encoderPrototype(): Encoder {
  return encoderClass().prototype;
}

/** The prototype of all broker pools. */
export function brokerPoolPrototype(): BrokerPool {
  return prototypeIn('kafkajs/src/cluster/brokerPool.js') as BrokerPool;
}

/** The prototype of all connections to brokers. */
export function connectionPrototype(): Connection {
  return prototypeIn('kafkajs/src/network/connection.js') as Connection;
}

/** The prototype of all request queues. */
export function requestQueuePrototype(): RequestQueue {
  return prototypeIn('kafkajs/src/network/requestQueue/index.js') as RequestQueue;
}

/** The prototype of all fetched batches. */
export function batchPrototype(): Batch {
  return prototypeIn('kafkajs/src/consumer/batch.js') as Batch;
}

/** The prototype of all memberships in groups. */
export function consumerGroupPrototype(): ConsumerGroup {
  return prototypeIn('kafkajs/src/consumer/consumerGroup.js') as ConsumerGroup;
}

/** The prototype of the loops of all consumers. */
export function runnerPrototype(): Runner {
  return prototypeIn('kafkajs/src/consumer/runner.js') as Runner;
}

/** The versions of Fetch that kafkajs knows, for `lookupRequest` of a broker. */
export function fetchProtocol(): unknown {
  const { requests } = internal('kafkajs/src/protocol/requests/index.js') as { requests: { Fetch: unknown } };
  return requests.Fetch;
}

/** Sends a request to a broker as kafkajs does. @returns its answer. */
export function send<Answer>(broker: Broker, request: ProtocolRequest): Promise<Answer> {
  const sendRequest = privateMethod(brokerPrototype(), 'private:Broker:sendRequest');
  return sendRequest.call(broker, request) as Promise<Answer>;
}

/** A method that kafkajs keeps under a symbol of its own. */
function privateMethod(holder: object, description: string): (this: object, options: object) => unknown {
  const symbol = Object.getOwnPropertySymbols(holder).find((each) => each.description === description);
  const method = symbol && (holder as Record<symbol, ReturnType<typeof privateMethod>>)[symbol];
  if (!method) throw new Error(`this kafkajs has no ${description}`);
  return method;
}

function prototypeIn(file: string): unknown {
  return (internal(file) as { prototype: unknown }).prototype;
}

const require = createRequire(import.meta.url);
const modules = new Map<string, unknown>();

/** A module of kafkajs. Answers are read with it, and `require` looks for its file each time. */
function internal(file: string): unknown {
  let known = modules.get(file);
  if (known === undefined) modules.set(file, (known = require(file)));
  return known;
}
