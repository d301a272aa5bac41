import { createRequire } from 'node:module';
import net from 'node:net';

import type { Connection } from '../kafkajs-patches/kafkajs-types.js';

const load = createRequire(import.meta.url);
const KafkaConnection = load('kafkajs/src/network/connection.js') as new (options: object) => Connection;
const Encoder = load('kafkajs/src/protocol/encoder.js') as new () => object;

/** How long {@link connectionTo} waits for the answer of any request, ms. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** What kafkajs makes its sockets with: all connections of one client share it. */
export const plainSockets =
  () =>
  ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }): net.Socket =>
    net.connect({ host, port }, onConnect);

/** A connection of kafkajs to a port of this machine, without a client around it. It logs nothing. */
export function connectionTo(port: number, socketFactory = plainSockets()): Connection {
  const log = (): void => undefined;
  const logger = { debug: log, info: log, warn: log, error: log, namespace: (): object => logger };
  return new KafkaConnection({
    host: '127.0.0.1',
    port,
    clientId: 'spec',
    connectionTimeout: 10_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    logger,
    socketFactory,
  });
}

/** A request of a kind, by Kafka's number of it, without a body. It resolves with the bytes of its answer. */
export function emptyRequest(apiKey: number): object {
  return {
    request: { apiKey, apiVersion: 0, apiName: String(apiKey), encode: () => Promise.resolve(new Encoder()) },
    response: {
      decode: (payload: Buffer) => Promise.resolve(payload),
      parse: (payload: Buffer) => Promise.resolve(payload),
    },
  };
}
