import net from 'node:net';
import tls from 'node:tls';

import type { Logger } from '@skillora/operability';
import {
  type ISocketFactory,
  Kafka,
  logLevel,
  type logCreator,
  Partitioners,
  type RetryOptions,
} from 'kafkajs';

import { readEveryCodec } from './compression/read-every-codec.js';
import { askWhoAnswers } from './failover/ask-who-answers.js';
import { leaveGoneBrokers } from './failover/gone-brokers.js';
import { keepMembership } from './failover/keep-membership.js';
import { keepConnectionsPrompt } from './failover/prompt-connections.js';
import { takeIdsSoon } from './failover/take-ids-soon.js';
import { steadyPartitioner } from './failover/whole-sends.js';
import { hideAbortedRecords } from './hide-aborted-records.js';
import { keepAllHeaders } from './keep-all-headers.js';
import { KafkaMetrics } from './kafka-metrics.js';
import type { KafkaSecurity } from './security.js';
import { tellWholeRanges } from './whole-ranges.js';

/**
 * How long everything inside waits for a broker: for ever, at most half a second between two tries, which is what a new
 * leader waits for us. A broker that is gone for a minute then costs a minute; with few retries kafkajs gives up, crashes its consumers and reads again what was not
 * committed. Callers that cannot wait (HTTP) keep a deadline of their own.
 */
export const PATIENT_RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 500, retries: 100_000 };

/**
 * Retries for a client of transactions: Kafka answers CONCURRENT_TRANSACTIONS for a few ms after each commit, and the
 * wait before the first retry would be the cost of each. They end after a minute: a transaction's outcome is then
 * unknown, and its caller finds it out.
 */
export const TRANSACTION_RETRY: RetryOptions = { initialRetryTime: 5, maxRetryTime: 250, retries: 260 };

export interface KafkaClientOptions {
  readonly brokers: string[];
  readonly clientId: string;
  readonly logger: Logger;
  /** Default: none. */
  readonly security?: KafkaSecurity;
  /** {@link PATIENT_RETRY} unless it is a client of transactions. */
  readonly retry?: RetryOptions;
}

/**
 * A kafkajs client with patient retries, sockets that send small requests at once, and its log on ours. Its consumers hand
 * on nothing that was aborted, see {@link hideAbortedRecords}, and read all codecs, see {@link readEveryCodec}. Headers
 * pass unchanged, see {@link keepAllHeaders}. It goes on soon after a broker has died, see
 * docs/decisions/08.
 */
export function createKafka({
  brokers,
  clientId,
  logger,
  security = {},
  retry = PATIENT_RETRY,
}: KafkaClientOptions): Kafka {
  hideAbortedRecords();
  keepAllHeaders();
  readEveryCodec();
  tellWholeRanges();
  keepConnectionsPrompt();
  leaveGoneBrokers();
  askWhoAnswers();
  keepMembership();
  takeIdsSoon(TRANSACTION_RETRY);
  return new Kafka({
    ...security,
    clientId,
    brokers,
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    retry,
    socketFactory: promptSocket(clientId),
    logLevel: logLevel.INFO,
    logCreator: logThrough(logger),
  });
}

/** Keyed records go where the Java client would put them, so that any producer's key meets ours in one partition. */
export const createPartitioner = steadyPartitioner(Partitioners.DefaultPartitioner);

/** kafkajs leaves Nagle's algorithm on, which costs a transaction 7 ms of its 12. */
const promptSocket =
  (clientId: string): ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    const connected = (): void => {
      KafkaMetrics.connectionOpened(clientId);
      onConnect();
    };
    const socket = (ssl as tls.ConnectionOptions | undefined)
      ? tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, connected)
      : net.connect({ host, port }, connected);
    socket.once('error', () => KafkaMetrics.connectionFailed(clientId));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    return socket;
  };

/** What kafkajs tries again without success so often is worth a look; before that it is how Kafka works. */
const NOTEWORTHY_RETRIES = 5;

/**
 * kafkajs reports every passing rebalance and reconnect as an error; those that pass by themselves are warnings here. A
 * refused response and the first retries after it are for debugging alone (a broker answers so for some ms after each
 * transaction): whoever sent the request tries again, or says what it could not do.
 */
function logThrough(logger: Logger): logCreator {
  const child = logger.child({ library: 'kafkajs' });
  return () =>
    ({ namespace, level, log }) => {
      const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = log;
      const fields = { namespace, ...rest };
      const { retryCount } = rest as { retryCount?: unknown };
      const passes = typeof retryCount === 'number' && retryCount < NOTEWORTHY_RETRIES;
      if (passes || (namespace === 'Connection' && message.startsWith('Response ')))
        child.debug(fields, message);
      else if (level === logLevel.ERROR) child.warn(fields, message);
      else if (level === logLevel.WARN) child.info(fields, message);
      else child.debug(fields, message);
    };
}
